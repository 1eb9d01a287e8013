import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { writeAlarmPictures } from "../helpers/alarm-pictures.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { SlowDisk } from "../helpers/slow-disk.ts";

const hangMs = 10_000;
const fps = 10;

/** How long each alarm of the next milliseconds took from the capture of its frame to the switched output. */
async function reactions(program: RunningProgram, ms: number): Promise<number[]> {
  const tookMs = new Map<number, number>();
  const endMs = performance.now() + ms;
  // The one that is on already belongs to the time before.
  let last = (await program.status()).alarm.frameId;
  while (performance.now() < endMs) {
    const { alarm } = await program.status();
    if (alarm.frameId !== null && alarm.frameId !== last) tookMs.set(alarm.frameId, alarm.reactionMs!);
    last = alarm.frameId ?? last;
    await sleep(50);
  }
  return [...tookMs.values()].sort((a, b) => a - b);
}

const median = (sorted: readonly number[]) => sorted[sorted.length >> 1]!;

/** Timing on a machine that also does other things: one try of three must be good. */
test("a disk that hangs for 10 s while events are recorded delays no decision and no output", {
  retry: 2,
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
  const disk = await SlowDisk.mount();
  try {
    const pictures = join(folder, "pictures");
    const { label, threshold } = await writeAlarmPictures(pictures, 3, 9);
    const settings = join(folder, "camera.toml");
    writeFileSync(
      settings,
      `
      [camera]
      replay = "${pictures}"
      fps = ${fps}
      [model]
      threshold = ${threshold}
      [alarm]
      classes = ["${label}"]
      k = 1
      n = 1
      holdSeconds = 0.5
      [events]
      postRollSeconds = 0.1`,
    );
    const dataDir = join(disk.path, "data");
    const program = await RunningProgram.start([
      ...["--config", settings, "--data-dir", dataDir, "--port", "0"],
    ]);
    try {
      // The first frames of a program are slow on any disk.
      await reactions(program, 3000);
      const before = await reactions(program, hangMs);
      disk.hang();
      const meanwhile = await reactions(program, hangMs);
      const { events, eventLoopDelayMs } = await program.status();
      disk.goOn();
      const inWords = (all: readonly number[]) =>
        `${all.length} alarms, output switched ${Math.round(median(all))} ms after the frame (at most ${Math.round(all.at(-1)!)})`;
      console.log(
        `disk working: ${inWords(before)}; disk hung for ${hangMs / 1000} s: ${inWords(meanwhile)}, event loop late by ${eventLoopDelayMs?.p99} ms (p99)`,
      );
      expect(events.problem).toBe("the disk with the events does not answer");
      expect(meanwhile.length).toBeGreaterThanOrEqual(before.length - 2);
      // Half the period of the frames: what waits for the disk would be later by seconds.
      expect(median(meanwhile)).toBeLessThan(median(before) + 500 / fps);
    } finally {
      disk.goOn();
      await program.stop();
    }
  } finally {
    await disk.unmount();
    rmSync(folder, { recursive: true });
  }
});
