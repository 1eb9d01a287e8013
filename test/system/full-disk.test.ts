import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { EventPage } from "../../src/events/event.ts";
import { writeAlarmPictures } from "../helpers/alarm-pictures.ts";
import { TestViewer } from "../helpers/live-server.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { admin, cookieFor, fetchAs } from "../helpers/sign-in.ts";
import { SmallDisk, whyNoSmallDisk } from "../helpers/small-disk.ts";
import { until } from "../helpers/until.ts";

const whyNot = whyNoSmallDisk();
if (whyNot !== null) {
  const line = `A FULL DISK IS NOT TESTED HERE: ${whyNot}`;
  if (process.env.CI) throw new Error(line);
  console.error(line);
}

describe.skipIf(whyNot !== null)("the program on a disk of two megabytes", () => {
  let folder: string;
  let disk: SmallDisk;
  let program: RunningProgram;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-full-"));
    const pictures = join(folder, "pictures");
    // An alarm each second or so, in good light: its still and its clip take some sixty kilobytes.
    const { label, threshold } = await writeAlarmPictures(pictures, 3, 9);
    const settings = join(folder, "camera.toml");
    writeFileSync(
      settings,
      `
      [camera]
      replay = "${pictures}"
      fps = 10
      [model]
      threshold = ${threshold}
      [alarm]
      classes = ["${label}"]
      k = 1
      n = 1
      confirm = false
      holdSeconds = 0.5
      [events]
      classes = []
      preRollSeconds = 0.5
      postRollSeconds = 0.1
      minFreeMB = 0`,
    );
    disk = new SmallDisk("2m");
    const args = ["--config", settings, "--data-dir", join(disk.path, "data"), "--port", "0"];
    program = await RunningProgram.launch(args, {}, disk.within);
    disk.usedBy(program.pid);
    program.cookie = await cookieFor(program.url, "setup", { code: program.setupCode, ...admin });
  });
  afterEach(async () => {
    // Whatever happened, the page can still be asked how things stand.
    expect((await fetchAs(program, "/healthz")).status).toBe(200);
  });
  afterAll(async () => {
    await program?.stop();
    disk.remove();
    rmSync(folder, { recursive: true });
  });

  /** The numbers of the events that are there, newest first. */
  async function ids(): Promise<number[]> {
    const answer = await fetchAs(program, "/api/v1/events?limit=200");
    return ((await answer.json()) as EventPage).events.map(({ id }) => Number(id));
  }

  const alarms = () => program.log.filter((line) => line.startsWith("alarm on:")).length;
  /** What the log warns of, but for alarms, and for what it says at each start on such a machine. */
  const complaints = () =>
    program.warnings.filter((line) => !/^(alarm o|nobody can sign in|output GPIO|space:)/.test(line));

  test("the oldest events go, those that stay are whole, and nobody is warned", {
    timeout: 180_000,
  }, async () => {
    const viewer = await TestViewer.connect(program);
    await until(
      "the first events had to go",
      async () => {
        const there = await ids();
        return there.at(-1)! > 5;
      },
      150_000,
    );
    const there = await ids();
    expect(there.length).toBeGreaterThan(3);
    expect(there).toEqual(there.map((_, index) => there[0]! - index));
    const [, newest] = there;
    for (const file of ["still.jpg", "clip.avi"]) {
      const answer = await fetchAs(program, `/api/v1/events/${newest}/${file}`);
      expect(answer.status, file).toBe(200);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    }
    expect(complaints()).toEqual([]);
    expect(viewer.closed).toBeNull();
    viewer.close();
  });

  test("where others have filled it, alarm and live view go on, one warning says so, and events are kept again when it is over", {
    timeout: 180_000,
  }, async () => {
    const viewer = await TestViewer.connect(program);
    const full = () => complaints().length > 0;
    await until(
      "there was no event left to remove",
      () => {
        disk.fill();
        return full();
      },
      60_000,
    );
    const seen = { alarms: alarms(), jpegs: viewer.jpegs.length };
    await until(
      "eight more alarms went on, and the viewer saw them",
      () => {
        disk.fill();
        return alarms() >= seen.alarms + 8 && viewer.jpegs.length >= seen.jpegs + 60;
      },
      120_000,
    );
    expect(viewer.messages("alarm").filter(({ active }) => active).length).toBeGreaterThanOrEqual(8);
    expect(complaints()).toEqual([
      "events are not all kept: the disk is full and there is no event to remove; the alarm goes on",
    ]);
    const last = (await ids())[0] ?? 0;
    disk.clear();
    await until("events are kept again", async () => ((await ids())[0] ?? 0) > last, 60_000);
    await until("the log says so", () => program.log.includes("there is room for events again"), 60_000);
    expect(complaints()).toHaveLength(1);
    expect(viewer.closed).toBeNull();
    viewer.close();
  });
});
