import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AlarmTrigger, writeAlarmPictures } from "../helpers/alarm-pictures.ts";
import { TestViewer } from "../helpers/live-server.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { StandinCamera } from "../helpers/standin-camera.ts";
import { until } from "../helpers/until.ts";

const alarms = 8;

/** A control group that allows a quarter of one core: version 1 or 2, whichever this machine has. */
const controlGroup = existsSync("/sys/fs/cgroup/cgroup.controllers")
  ? { folder: "/sys/fs/cgroup/xnorcam-quarter", limit: { "cpu.max": "25000 100000" } }
  : {
      folder: "/sys/fs/cgroup/cpu/xnorcam-quarter",
      limit: { "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "25000" },
    };

function canLimit(): boolean {
  try {
    mkdirSync(controlGroup.folder);
    for (const [file, text] of Object.entries(controlGroup.limit)) {
      writeFileSync(join(controlGroup.folder, file), text);
    }
    rmdirSync(controlGroup.folder);
    return true;
  } catch (error) {
    const line = `A SLOW CORE IS NOT TESTED HERE: no control group can be made (${(error as Error).message})`;
    if (process.env.CI) throw new Error(line);
    console.error(line);
    return false;
  }
}

describe.skipIf(!canLimit())("with a quarter of one core and four viewers", () => {
  let folder: string;
  let camera: StandinCamera | undefined;
  let trigger: AlarmTrigger;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
    trigger = await writeAlarmPictures(join(folder, "pictures"), 3, 12);
    camera = new StandinCamera("rpicam-vid", join(folder, "pictures"));
    mkdirSync(controlGroup.folder);
    for (const [file, text] of Object.entries(controlGroup.limit)) {
      writeFileSync(join(controlGroup.folder, file), text);
    }
  });
  afterAll(async () => {
    camera?.remove();
    rmSync(folder, { recursive: true, force: true });
    // The kernel lets it go when the last process is gone.
    await until("the control group is empty", () => {
      try {
        rmdirSync(controlGroup.folder);
        return true;
      } catch {
        return false;
      }
    });
  });

  // Timing on a machine that also does other things: one try of three must be good.
  test.each([
    ["the kernels of this machine", undefined, 5, false],
    // More than ten times slower, and three times the frames: on any machine something has to be left out here, and it
    // must be the viewers' share.
    ["the kernels of `reference`", "reference", 15, true],
  ])(
    "the alarm follows the frame within two periods of the detector, with %s",
    {
      retry: 2,
      timeout: 180_000,
    },
    async (name, kernels, fps, mustShed) => {
      const file = join(folder, "camera.toml");
      writeFileSync(
        file,
        `[camera]
       source = "rpicam"
       fps = ${fps}
       [server]
       port = 0
       [model]
       threshold = ${trigger.threshold}
       [alarm]
       classes = ["${trigger.label}"]
       k = 1
       n = 1
       holdSeconds = 0.5`,
      );
      const program = await RunningProgram.start(["--config", file, "--data-dir", join(folder, "data")], {
        PATH: `${camera!.folder}:${process.env.PATH}`,
        ...(kernels !== undefined && { XNORCAM_KERNELS: kernels }),
      });
      try {
        const viewers = await Promise.all(Array.from({ length: 4 }, () => TestViewer.connect(program)));
        execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", "0", `${program.pid}`]);
        writeFileSync(join(controlGroup.folder, "cgroup.procs"), `${program.pid}`);
        await sleep(10_000);

        const reactionsMs: number[] = [];
        const begun = new Set<number>();
        const periodsMs: number[] = [];
        await until(
          `the alarm was on ${alarms} times`,
          async () => {
            const { alarm, detector } = await program.status();
            if (alarm.active && alarm.frameId !== null && !begun.has(alarm.frameId)) {
              begun.add(alarm.frameId);
              reactionsMs.push(alarm.reactionMs ?? 0);
              periodsMs.push(1000 / detector.fps);
            }
            await sleep(100);
            return reactionsMs.length >= alarms;
          },
          120_000,
        );
        const { load, live, detector } = await program.status();
        const periodMs = periodsMs.sort((a, b) => a - b)[periodsMs.length >> 1]!;
        const slowestMs = Math.max(...reactionsMs);
        console.log(
          `a quarter of one core, ${viewers.length} viewers, ${name}: alarm at most ${Math.round(slowestMs)} ms after the frame in ${reactionsMs.length} alarms, detector period ${Math.round(periodMs)} ms, step ${load.step}, ${live.encodes.clean} pictures for ${detector.processed} frames`,
        );
        if (!mustShed) {
          expect(slowestMs).toBeLessThan(2 * periodMs);
        } else {
          // Overloaded as it is, it falls behind until it has shed enough: the median shows where it gets to.
          reactionsMs.sort((a, b) => a - b);
          expect(reactionsMs[reactionsMs.length >> 1]).toBeLessThan(2 * periodMs);
          expect(load.step).toBeGreaterThan(0);
          expect(live.encodes.clean).toBeLessThan(0.7 * detector.processed);
        }
        for (const viewer of viewers) viewer.close();
      } finally {
        await program.stop();
      }
    },
  );
});
