import type { EventSummary } from "../../../../src/server/wire.ts";
import { Icon } from "../../parts/icon.tsx";
import { addressOf } from "../../router.ts";
import { useText } from "../../services.ts";

/** One event of the grid: its still, what it was, and when. */
export function EventCard({ event }: { event: EventSummary }) {
  const text = useText();
  const { id, began, kind, labels, zones, still, pinned, acknowledged, ended } = event;
  return (
    <li>
      <a class="event-card" href={addressOf("events", id)} data-id={id} data-kind={kind}>
        <span class="still">
          {still ? (
            <img src={`/api/v1/events/${id}/still.jpg`} alt="" loading="lazy" />
          ) : (
            <span class="no-still">{text.events.noStill}</span>
          )}
          <span class="badges">
            <span class="badge" data-kind={kind}>
              {text.kinds[kind]}
            </span>
            {ended === null && <span class="badge">{text.events.goesOn}</span>}
            {pinned && (
              <span class="badge pinned">
                <Icon name="pin" />
                <span class="hidden">{text.events.pinned}</span>
              </span>
            )}
          </span>
        </span>
        <span class="words">
          <strong>
            {labels.map(text.className).join(", ") || text.kinds[kind]}
            {kind === "alarm" && !acknowledged && <span class="hidden">, {text.events.notAcknowledged}</span>}
          </strong>
          {kind === "alarm" && !acknowledged && <span class="dot" title={text.events.notAcknowledged} />}
          <small>
            <time dateTime={began}>{text.dateTime(new Date(began))}</time>
            {zones.length > 0 && ` · ${zones.join(", ")}`}
          </small>
        </span>
      </a>
    </li>
  );
}
