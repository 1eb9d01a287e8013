import { useEffect, useState } from "preact/hooks";
import type { EventPage, EventSummary } from "../../../../src/server/wire.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { addressOf } from "../../router.ts";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";
import { mergeEvent } from "../events/merge-event.ts";

const shownEvents = 5;

/** The last events; where none are recorded, the alarms that this page has seen. */
export function Recent() {
  const text = useText();
  const answer = useAnswer<EventPage>(`/events?limit=${shownEvents}`);
  if (answer.state === "loading") return null;
  return (
    <section class="card" aria-labelledby="recent-title">
      {answer.state === "ready" ? (
        <>
          <h2 id="recent-title">{text.live.recentEvents}</h2>
          <RecentEvents first={answer.data.events} />
          <p class="more">
            <a href={addressOf("events")}>{text.live.allEvents}</a>
          </p>
        </>
      ) : (
        <>
          <h2 id="recent-title">{text.live.recentAlarms}</h2>
          <RecentAlarms />
        </>
      )}
    </section>
  );
}

function RecentEvents({ first }: { first: readonly EventSummary[] }) {
  const text = useText();
  const { feed } = useServices();
  const [events, setEvents] = useState(first);
  useEffect(
    () =>
      feed.event.subscribe((event) => {
        if (event !== null) setEvents((before) => mergeEvent(before, event).slice(0, shownEvents));
      }),
    [feed],
  );
  return (
    <ol id="recent" class="thumbs">
      {events.length === 0 && <li class="empty">{text.live.noneYet}</li>}
      {events.map(({ id, began, kind, labels, still }) => (
        <li key={id}>
          <a href={addressOf("events", id)}>
            {still ? (
              <img src={`/api/v1/events/${id}/still.jpg`} alt="" loading="lazy" />
            ) : (
              <span class="no-still" />
            )}
            <span>
              <strong>{labels.map(text.className).join(", ") || text.kinds[kind]}</strong>
              <small>
                {text.kinds[kind]}, <time dateTime={began}>{text.dateTime(new Date(began))}</time>
              </small>
            </span>
          </a>
        </li>
      ))}
    </ol>
  );
}

function RecentAlarms() {
  const text = useText();
  const entries = useStore(useServices().feed.alarmLog.entries);
  const now = performance.now();
  return (
    <ol id="recent">
      {entries.length === 0 && <li class="empty">{text.live.noneYet}</li>}
      {entries.map(({ began, sinceMs, reason, lengthMs }) => (
        <li key={began.getTime()}>
          <time dateTime={began.toISOString()}>{text.time(began)}</time>
          <span>{reason}</span>
          <span class="length">{text.seconds(Math.round((lengthMs ?? now - sinceMs) / 1000))}</span>
        </li>
      ))}
    </ol>
  );
}
