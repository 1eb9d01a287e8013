import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { EventAnswer, EventFrame } from "../../../../src/server/wire.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { boxColors, kindOf } from "../../live/kinds.ts";
import { drawBox } from "../../live/live-picture.ts";
import { Icon } from "../../parts/icon.tsx";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";
import { FrameCache } from "./frame-cache.ts";
import { boxesAt } from "./paths.ts";
import { Timeline } from "./timeline.tsx";

/** A pause between two frames longer than this, of a camera that hung, say, is not sat through. */
const longestPauseMs = 1000;

interface PlayerProps {
  /** Of the event, below `/api/v1`. */
  path: string;
  event: EventAnswer;
}

/** The clip with its boxes; the still where there is no clip. */
export function Player({ path, event }: PlayerProps) {
  const text = useText();
  const answer = useAnswer<EventFrame[]>(event.clip ? `${path}/frames.json` : null);
  if (answer.state === "ready" && answer.data.length > 0) {
    return <ClipPlayer path={path} event={event} frames={answer.data} />;
  }
  return (
    <figure class="player">
      {event.still ? (
        <img src={`/api/v1${path}/still.jpg`} alt={text.events.stillOf(event.labels.map(text.className))} />
      ) : (
        <p class="no-still">{text.events.noStill}</p>
      )}
      {!event.clip && (
        <figcaption>{event.ended === null ? text.events.clipLater : text.events.noClip}</figcaption>
      )}
    </figure>
  );
}

function ClipPlayer({ path, event, frames }: PlayerProps & { frames: readonly EventFrame[] }) {
  const text = useText();
  const [index, setIndex] = useState(0);
  const [isPlaying, setPlaying] = useState(true);
  const [withBoxes, setWithBoxes] = useState(true);
  const { canvas, isShown } = useFrame(path, event, index, frames, withBoxes);
  const frame = frames[index]!;

  useEffect(() => {
    // The next picture waits until this one is on the screen: a slow line shows all of them, slower.
    if (!isPlaying || !isShown) return;
    const next = frames[index + 1];
    if (next === undefined) {
      setPlaying(false);
      return;
    }
    const pauseMs = Math.min(longestPauseMs, next.sinceBeganMs - frame.sinceBeganMs);
    const timer = setTimeout(() => setIndex(index + 1), pauseMs);
    return () => clearTimeout(timer);
  }, [isPlaying, isShown, index, frame, frames]);

  const play = (): void => {
    if (!isPlaying && index === frames.length - 1) setIndex(0);
    setPlaying(!isPlaying);
  };
  const show = (next: number): void => {
    setPlaying(false);
    setIndex(Math.min(frames.length - 1, Math.max(0, next)));
  };
  return (
    <figure class="player">
      <canvas
        ref={canvas}
        role="img"
        aria-label={text.events.frameOf(index + 1, frames.length)}
        width={640}
        height={360}
      />
      <Timeline event={event} frames={frames} index={index} onSeek={show} />
      <div class="player-controls">
        <button
          type="button"
          class="icon-only"
          aria-label={text.events.stepBack}
          onClick={() => show(index - 1)}
        >
          <Icon name="back" />
        </button>
        <button
          type="button"
          class="icon-only primary"
          aria-label={isPlaying ? text.events.pause : text.events.play}
          onClick={play}
        >
          <Icon name={isPlaying ? "pause" : "play"} />
        </button>
        <button
          type="button"
          class="icon-only"
          aria-label={text.events.stepOn}
          onClick={() => show(index + 1)}
        >
          <Icon name="next" />
        </button>
        <time dateTime={frame.at}>{text.time(new Date(frame.at))}</time>
        <label class="check">
          <input
            type="checkbox"
            checked={withBoxes}
            onChange={({ currentTarget }) => setWithBoxes(currentTarget.checked)}
          />
          {text.events.boxes}
        </label>
      </div>
    </figure>
  );
}

/** Draws a frame of the clip, as soon as it has come. */
function useFrame(
  path: string,
  event: EventAnswer,
  index: number,
  frames: readonly EventFrame[],
  withBoxes: boolean,
) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const weapons = useStore(useServices().feed.status)?.model.weapons;
  const [shown, setShown] = useState(-1);
  const cache = useMemo(() => new FrameCache(`/api/v1${path}/frames`, frames.length), [path, frames]);
  useEffect(() => () => cache.clear(), [cache]);
  useEffect(() => {
    let isWanted = true;
    void cache.get(index).then((picture) => {
      if (!isWanted) return;
      const context = canvas.current?.getContext("2d", { alpha: false });
      if (picture !== null && context) {
        drawFrame(context, picture);
        if (withBoxes) drawBoxes(context, event, frames[index]!.sinceBeganMs, new Set(weapons));
      }
      setShown(index);
    });
    return () => {
      isWanted = false;
    };
  }, [cache, index, withBoxes, event, frames, weapons]);
  return { canvas, isShown: shown === index };
}

/** At the screen's resolution, so that labels are sharp however small the picture is. */
function drawFrame(context: CanvasRenderingContext2D, picture: HTMLImageElement): void {
  const { canvas } = context;
  canvas.style.aspectRatio = `${picture.naturalWidth} / ${picture.naturalHeight}`;
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * devicePixelRatio));
  canvas.height = Math.round((canvas.width * picture.naturalHeight) / picture.naturalWidth);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
}

function drawBoxes(
  context: CanvasRenderingContext2D,
  event: EventAnswer,
  atMs: number,
  weapons: ReadonlySet<string>,
): void {
  for (const seen of boxesAt(event.tracks, atMs)) {
    drawBox(context, seen, boxColors[kindOf(seen.label, weapons)]);
  }
}
