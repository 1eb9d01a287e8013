import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Point } from "../../../../src/polygon.ts";
import type { Zone } from "../../live/zones.ts";
import { useText } from "../../services.ts";
import { middle, mostPoints, movePoint, onPicture, removePoint, splitEdge } from "./shape.ts";

/** Shares of the picture that an arrow key moves a corner, alone and with Shift. */
const fineStep = 0.01;
const coarseStep = 0.05;

const directions: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface CornersProps {
  zone: Zone;
  /** Where on the picture the pointer is. */
  at: (event: MouseEvent) => Point;
  onChange: (zone: Zone) => void;
}

/** The corners of the selected zone, to drag or to move by the arrow keys, and between them where new ones go. */
export function Corners({ zone, at, onChange }: CornersProps) {
  const text = useText();
  const buttons = useRef<(HTMLButtonElement | null)[]>([]);
  /** The corner to focus once it is there. */
  const [wanted, setWanted] = useState<number | null>(null);
  // Not after the next paint: a key that is pressed before would go to what had the focus until then.
  useLayoutEffect(() => {
    if (wanted === null) return;
    buttons.current[wanted]?.focus();
    setWanted(null);
  }, [wanted]);

  const onKey = (event: KeyboardEvent, index: number): void => {
    const direction = directions[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      const step = event.shiftKey ? coarseStep : fineStep;
      const [x, y] = zone.points[index]!;
      onChange(movePoint(zone, index, onPicture(x + direction[0] * step, y + direction[1] * step)));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      onChange(removePoint(zone, index));
      setWanted(Math.max(0, index - 1));
    }
  };
  const onDrag = (event: PointerEvent, index: number): void => {
    if ((event.currentTarget as HTMLElement).hasPointerCapture(event.pointerId)) {
      onChange(movePoint(zone, index, at(event)));
    }
  };
  return (
    <>
      {zone.points.map(([x, y], index) => (
        <button
          key={index}
          ref={(button) => {
            buttons.current[index] = button;
          }}
          type="button"
          class="corner"
          style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
          aria-label={text.zones.cornerAt(
            index + 1,
            zone.points.length,
            Math.round(x * 100),
            Math.round(y * 100),
          )}
          onKeyDown={(event) => onKey(event, index)}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={(event) => onDrag(event, index)}
        />
      ))}
      {zone.points.length < mostPoints &&
        zone.points.map((_, index) => {
          const [x, y] = middle(zone, index);
          return (
            <button
              key={index}
              type="button"
              class="corner middle"
              style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
              aria-label={text.zones.addCorner(index + 1)}
              onClick={() => {
                onChange(splitEdge(zone, index));
                setWanted(index + 1);
              }}
            />
          );
        })}
    </>
  );
}
