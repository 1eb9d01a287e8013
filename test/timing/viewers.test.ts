import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CameraStatus } from "../../src/server/status.ts";
import { TestViewer } from "../helpers/live-server.ts";
import { RunningProgram } from "../helpers/running-program.ts";

const fps = 10;
const readers = 30;
const silent = 5;
const watchMs = 120_000;
const quietMs = 60_000;
/** The longest turn that the demo takes at this rate, so that each picture has been shown and each alarm recorded. */
const warmUpMs = 30_000;

let folder: string;
let program: RunningProgram;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-viewers-"));
  program = await RunningProgram.start(["--port", "0", "--data-dir", folder, "--fps", `${fps}`]);
});
afterEach(async () => {
  await program.stop();
  await rm(folder, { recursive: true });
});

/** A viewer that counts its pictures and keeps none of them. */
class CountingViewer {
  frames = 0;
  readonly viewer: TestViewer;

  private constructor(viewer: TestViewer) {
    this.viewer = viewer;
    viewer.socket.on("message", (_, isBinary) => {
      if (isBinary) this.frames++;
      viewer.received.length = 0;
    });
  }

  static async connect(): Promise<CountingViewer> {
    return new CountingViewer(await TestViewer.connect(program));
  }
}

interface Measured {
  readonly begin: CameraStatus;
  readonly end: CameraStatus;
  /** Between two results of the detector, on average. */
  readonly periodMs: number;
  /** Of a sample a second. */
  readonly rssMB: { readonly median: number; readonly highest: number };
}

async function measure(ms: number): Promise<Measured> {
  const beganMs = performance.now();
  const begin = await program.status();
  const rss: number[] = [];
  let end: CameraStatus;
  do {
    await sleep(1000);
    end = await program.status();
    rss.push(end.rssBytes / 1e6);
  } while (performance.now() - beganMs < ms);
  const tookMs = performance.now() - beganMs;
  rss.sort((a, b) => a - b);
  return {
    begin,
    end,
    periodMs: tookMs / (end.detector.processed - begin.detector.processed),
    rssMB: { median: rss[rss.length >> 1]!, highest: rss.at(-1)! },
  };
}

/** Timing on a machine that also does other things: one try of two must be good. */
test("thirty viewers cost one JPEG a frame, hardly memory and no time of the detector; five that never read are cut off", {
  retry: 1,
  timeout: 2 * (warmUpMs + quietMs + watchMs),
}, async () => {
  const first = await CountingViewer.connect();
  await sleep(warmUpMs);
  const alone = await measure(quietMs);

  const viewers = [
    first,
    ...(await Promise.all(Array.from({ length: readers - 1 }, () => CountingViewer.connect()))),
  ];
  const deaf = await Promise.all(Array.from({ length: silent }, () => TestViewer.connect(program)));
  for (const { socket } of deaf) socket.pause();
  for (const viewer of viewers) viewer.frames = 0;
  const watched = await measure(watchMs);

  const { begin, end } = watched;
  const frames = end.detector.processed - begin.detector.processed;
  const encodes = end.live.encodes.clean - begin.live.encodes.clean;
  const growthMB = watched.rssMB.highest - alone.rssMB.median;
  const fewest = Math.min(...viewers.map((viewer) => viewer.frames));
  console.log(
    `${readers} viewers and ${silent} that never read, ${fps} fps, ${watchMs / 1000} s: ${encodes} encodes for ${frames} frames, each viewer got at least ${fewest}; RSS at most ${watched.rssMB.highest.toFixed(1)} MB, median ${watched.rssMB.median.toFixed(1)} (one viewer: ${alone.rssMB.highest.toFixed(1)}, ${alone.rssMB.median.toFixed(1)}); detector period ${watched.periodMs.toFixed(2)} ms (one viewer: ${alone.periodMs.toFixed(2)}); ${end.live.cutOff} cut off, latency p50 ${end.detector.latencyMs?.p50} ms, event loop p99 ${end.eventLoopDelayMs?.p99} ms`,
  );
  expect(end.live).toMatchObject({ cutOff: silent, viewers: { webSocket: readers, mjpeg: 0 } });
  expect(viewers.filter(({ viewer }) => viewer.closed !== null)).toEqual([]);
  expect(encodes).toBeLessThanOrEqual(frames + 1);
  expect(end.live.encodes.boxed).toBe(0);
  expect(fewest).toBeGreaterThan(0.95 * frames);
  expect(growthMB).toBeLessThanOrEqual(20);
  expect(Math.abs(watched.periodMs / alone.periodMs - 1)).toBeLessThanOrEqual(0.05);
  for (const { viewer } of viewers) viewer.close();
  for (const viewer of deaf) viewer.close();
});
