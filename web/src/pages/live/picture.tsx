import { useEffect, useRef } from "preact/hooks";
import { LivePicture } from "../../live/live-picture.ts";
import type { Zone } from "../../live/zones.ts";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";

/** The live picture, with what is seen in it and the zones. */
export function Picture({ zones, caption }: { zones: readonly Zone[]; caption: string }) {
  const text = useText();
  const { feed } = useServices();
  const status = useStore(feed.status);
  const detections = useStore(feed.detections);
  const connection = useStore(feed.connection);
  const { canvas, drawing } = useLivePicture(true);
  useEffect(() => {
    if (drawing.current) drawing.current.zones = zones;
  }, [drawing, zones]);
  useEffect(() => {
    if (drawing.current) drawing.current.weapons = status?.model.weapons ?? [];
  }, [drawing, status?.model.weapons]);
  const note = status?.detector.error ?? (detections === null ? text.live.waiting : "");
  return (
    <figure id="live" data-stale={connection === "reconnecting"}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={text.live.describe(
          detections?.detections.map(({ label }) => text.className(label)) ?? [],
        )}
        width={640}
        height={360}
      />
      {note && <p class="picture-note">{note}</p>}
      {caption && <figcaption>{caption}</figcaption>}
    </figure>
  );
}

/** A canvas that shows each picture that comes, and asks for as many pixels as it has. */
export function useLivePicture(withBoxes: boolean) {
  const { feed } = useServices();
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<LivePicture | null>(null);
  useEffect(() => {
    const picture = new LivePicture(canvas.current!, (pixels) => {
      feed.pictureWidth = pixels;
    });
    picture.withBoxes = withBoxes;
    drawing.current = picture;
    const end = feed.onPicture((jpeg, message) => picture.show(jpeg, message));
    return () => {
      end();
      picture.close();
      drawing.current = null;
    };
  }, [feed, withBoxes]);
  return { canvas, drawing };
}
