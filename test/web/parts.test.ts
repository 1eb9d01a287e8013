import { describe, expect, test } from "vitest";
import type { StatusMessage } from "../../src/server/wire.ts";
import { History } from "../../web/src/live/history.ts";
import { boxesAt } from "../../web/src/pages/events/paths.ts";
import { mergePatch, pathKey, withValue } from "../../web/src/pages/settings/draft.ts";
import { LiveServer } from "../helpers/live-server.ts";

describe("a change of the settings", () => {
  const values = { alarm: { k: 3, n: 5, thresholds: { knife: 0.6 } }, outputs: [{ gpio: 17 }, { gpio: 22 }] };

  test("is the smallest merge patch: only what differs, lists as a whole, null for what is gone", () => {
    const shorter = withValue(values, ["outputs", "0"], undefined);
    const quieter = withValue(shorter, ["alarm", "thresholds", "knife"], undefined);
    const changed = withValue(quieter, ["alarm", "k"], 4) as typeof values;
    expect(mergePatch(values, changed)).toEqual({
      alarm: { k: 4, thresholds: { knife: null } },
      outputs: [{ gpio: 22 }],
    });
    expect(values.outputs).toHaveLength(2);
  });

  test("that is taken back is none", () => {
    const there = withValue(values, ["outputs", "1", "gpio"], 23);
    expect(mergePatch(values, withValue(there, ["outputs", "1", "gpio"], 22) as typeof values)).toBeNull();
  });

  test.each(["outputs[0].gpio", "outputs.0.gpio", "/outputs/0/gpio"])("finds its field by %s", (path) => {
    expect(pathKey(path)).toBe("outputs.0.gpio");
  });
});

test("boxes of a clip are those of the nearest sighting, and none long before or after", () => {
  const tracks = [
    {
      id: 7,
      label: "knife",
      bestScore: 0.8,
      firstSeen: "2026-03-01T08:00:00.000Z",
      lastSeen: "2026-03-01T08:00:01.000Z",
      path: [
        [0, 0.1, 0.2, 0.3, 0.4, 0.5],
        [1000, 0.5, 0.2, 0.3, 0.4, 0.8],
      ] as const,
    },
  ];
  expect(boxesAt(tracks, 700)).toEqual([{ label: "knife", score: 0.8, box: [0.5, 0.2, 0.3, 0.4], track: 7 }]);
  expect(boxesAt(tracks, -900)).toEqual([]);
  expect(boxesAt(tracks, 2000)).toEqual([]);
});

test("the history of a page that stays open for days keeps its beginning and its end, in few points", async () => {
  const live = await LiveServer.start();
  const status = (await (await live.fetch("/api/v1/status")).json()) as StatusMessage;
  await live.stop();
  const history = new History();
  const seconds = 2 * 24 * 3600;
  for (let second = 0; second < seconds; second++) history.add(status, second * 1000);
  expect(history.samples.length).toBeLessThan(600);
  expect(history.samples[0]?.time).toBe(0);
  expect(history.samples.at(-1)?.time).toBeGreaterThan(seconds * 0.99);
});
