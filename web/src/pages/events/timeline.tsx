import type { EventAnswer, EventFrame } from "../../../../src/server/wire.ts";
import { kindOf } from "../../live/kinds.ts";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";

interface TimelineProps {
  event: EventAnswer;
  frames: readonly EventFrame[];
  index: number;
  onSeek: (index: number) => void;
}

/** Where in the clip the player is, and when each object was in sight. */
export function Timeline({ event, frames, index, onSeek }: TimelineProps) {
  const text = useText();
  const weapons = new Set(useStore(useServices().feed.status)?.model.weapons ?? []);
  // By frames, as the slider counts: their distances in time differ.
  const share = (time: string): number => {
    const before = frames.filter((frame) => Date.parse(frame.at) < Date.parse(time)).length;
    return Math.min(1, before / Math.max(1, frames.length - 1));
  };
  const at = new Date(frames[index]!.at);
  return (
    <div class="timeline">
      <input
        type="range"
        min={0}
        max={frames.length - 1}
        value={index}
        aria-label={text.events.position}
        aria-valuetext={text.time(at)}
        onInput={({ currentTarget }) => onSeek(Number(currentTarget.value))}
      />
      <ul>
        {event.tracks.map(({ id, label, firstSeen, lastSeen, bestScore }) => {
          const from = share(firstSeen);
          return (
            <li key={id} data-kind={kindOf(label, weapons)}>
              <span class="track-name">
                {text.className(label)} <small>#{id}</small> <small>{bestScore.toFixed(2)}</small>
              </span>
              <span class="track-bar">
                <span style={{ left: `${from * 100}%`, width: `${(share(lastSeen) - from) * 100}%` }} />
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
