import { expect, test } from "vitest";
import type { Detection } from "../../src/detect/detection.ts";
import { Tracker } from "../../src/detect/tracker.ts";
import { randomFrom } from "../../src/random.ts";
import { detection, frameDetections } from "../helpers/frame-detections.ts";

test("fifty objects are followed in less than a millisecond a frame", () => {
  const random = randomFrom(1);
  const objects = Array.from({ length: 50 }, () => ({
    x: random() * 600,
    y: random() * 440,
    dx: (random() - 0.5) * 10,
    dy: (random() - 0.5) * 10,
  }));
  const tracker = new Tracker();
  const frames = 1000;
  let tracks = 0;
  const times: number[] = [];
  for (let i = 0; i < frames; i++) {
    const seen: Detection[] = objects.map((object) => {
      object.x += object.dx + random() - 0.5;
      object.y += object.dy + random() - 0.5;
      if (object.x < 0 || object.x > 600) object.dx *= -1;
      if (object.y < 0 || object.y > 440) object.dy *= -1;
      return detection("person", 0.5 + random() / 2, [object.x, object.y, 40, 40]);
    });
    const frame = frameDetections(i, seen, { width: 640, height: 480, capturedAtMs: i * 200 });
    const start = performance.now();
    tracks = tracker.update(frame).tracks.length;
    times.push(performance.now() - start);
  }
  const ms = times.sort((a, b) => a - b)[frames / 2]!;
  console.log(`50 objects: ${ms.toFixed(3)} ms a frame (median of ${frames})`);
  expect(tracks).toBeGreaterThanOrEqual(50);
  expect(ms).toBeLessThan(1);
});
