import { kindOf } from "../../live/kinds.ts";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";

/** What the camera sees now, as a list: for eyes that can't see the picture, and at a glance. */
export function SeenNow({ weapons }: { weapons: readonly string[] }) {
  const text = useText();
  const detections = useStore(useServices().feed.detections)?.detections ?? [];
  const known = new Set(weapons);
  return (
    <section class="card" aria-labelledby="seen-title">
      <h2 id="seen-title">{text.live.seen}</h2>
      <ul id="seen">
        {detections.length === 0 && <li class="empty">{text.live.nothingSeen}</li>}
        {detections.map(({ label, score, track, why }, index) => (
          <li key={track ?? `${label}-${index}`} data-label={label} data-kind={kindOf(label, known)}>
            <span class="name">
              {text.className(label)} {track !== null && <small>#{track}</small>}
            </span>{" "}
            <meter value={score} aria-hidden="true" />
            <data value={score}>{score.toFixed(2)}</data>
            {why !== null && <small class="why">{why}</small>}
          </li>
        ))}
      </ul>
    </section>
  );
}
