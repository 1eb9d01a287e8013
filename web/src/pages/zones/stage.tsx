import { useEffect, useRef } from "preact/hooks";
import type { Point } from "../../../../src/polygon.ts";
import type { Zone } from "../../live/zones.ts";
import { useText } from "../../services.ts";
import { useLivePicture } from "../live/picture.tsx";
import { Corners } from "./corners.tsx";
import { fewestPoints, mostPoints, onPicture } from "./shape.ts";

interface StageProps {
  zones: readonly Zone[];
  /** -1 for none. */
  selected: number;
  drawn: readonly Point[] | null;
  onChange: (zone: Zone) => void;
  onSelect: (index: number) => void;
  onDraw: (points: readonly Point[] | null) => void;
  onFinish: (points: readonly Point[]) => void;
}

/** The live picture, with the zones to take hold of. */
export function Stage({ zones, selected, drawn, onChange, onSelect, onDraw, onFinish }: StageProps) {
  const text = useText();
  const { canvas } = useLivePicture(false);
  const stage = useRef<HTMLDivElement>(null);
  const at = ({ clientX, clientY }: MouseEvent): Point => {
    const { left, top, width, height } = stage.current!.getBoundingClientRect();
    return onPicture((clientX - left) / width, (clientY - top) / height);
  };
  const place = (event: MouseEvent): void => {
    if (drawn === null || drawn.length >= mostPoints) return;
    onDraw([...drawn, at(event)]);
  };
  useEscape(drawn !== null, () => onDraw(null));
  const zone = zones[selected];
  return (
    <div ref={stage} class="stage" data-drawing={drawn !== null}>
      <canvas ref={canvas} role="img" aria-label={text.zones.picture} width={640} height={360} />
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true" onClick={place}>
        {zones.map(({ points, kind }, index) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list beside it selects a zone by the keyboard
          <polygon
            key={`${index}-${kind}`}
            points={points.map((point) => point.join(",")).join(" ")}
            data-kind={kind}
            data-selected={index === selected}
            onClick={() => drawn === null && onSelect(index)}
          />
        ))}
        {drawn && <polyline points={drawn.map((point) => point.join(",")).join(" ")} />}
      </svg>
      {drawn === null && zone && <Corners key={selected} zone={zone} at={at} onChange={onChange} />}
      {drawn?.map(([x, y], index) => {
        const closes = index === 0 && drawn.length >= fewestPoints;
        return (
          <button
            key={index}
            type="button"
            class="corner"
            style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
            disabled={!closes}
            aria-label={closes ? text.zones.finish : text.zones.corner(index + 1, drawn.length)}
            onClick={() => onFinish(drawn)}
          />
        );
      })}
    </div>
  );
}

function useEscape(isListening: boolean, onEscape: () => void): void {
  const latest = useRef(onEscape);
  latest.current = onEscape;
  useEffect(() => {
    if (!isListening) return;
    const listener = ({ key }: KeyboardEvent): void => {
      if (key === "Escape") latest.current();
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, [isListening]);
}
