import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withTime } from "../../src/events/timed-jpeg.ts";
import { sharp } from "../../src/image/sharp.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { EventFolder, facts } from "../helpers/recorded.ts";
import { until } from "../helpers/until.ts";

const { PATH } = process.env;
const clipPath = "/api/v1/events/1/clip.mp4";
/** Odd, as a camera may have it and H.264 may not. */
const [width, height] = [321, 241];

let programs: string;
let folder: EventFolder;
let live: LiveServer;

beforeEach(async () => {
  programs = mkdtempSync(join(tmpdir(), "xnorcam-mp4-"));
  folder = new EventFolder();
  const store = await folder.open();
  await store.write({ type: "begin", key: 1, facts: facts({ endedMs: null }), still: null });
  for (let i = 0; i < 20; i++) {
    const background = { r: i * 10, g: 40, b: 40 };
    const jpeg = await sharp({ create: { width, height, channels: 3, background } })
      .jpeg()
      .toBuffer();
    await store.write({
      type: "frame",
      key: 1,
      jpeg: withTime(jpeg, i * 200),
      sinceBeganMs: i * 200,
      width,
      height,
    });
  }
  await store.write({ type: "end", key: 1, facts: facts() });
  live = await LiveServer.start({ events: store });
});
afterEach(async () => {
  process.env.PATH = PATH;
  await live.stop();
  await folder.remove();
  rmSync(programs, { recursive: true });
});

test("a clip is given as H.264 in MP4, with each of its frames at its time", async () => {
  const answer = await live.fetch(clipPath);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("video/mp4");
  const file = join(programs, "clip.mp4");
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  const entries = "stream=codec_name,pix_fmt,width,height,nb_read_frames:format=duration";
  const probe = ["-v", "error", "-count_frames", "-show_entries", entries, "-of", "json", file];
  const { streams, format } = JSON.parse(execFileSync("ffprobe", probe, { encoding: "utf8" }));
  expect(streams).toEqual([
    { codec_name: "h264", pix_fmt: "yuv420p", width: 320, height: 240, nb_read_frames: "20" },
  ]);
  expect(Number(format.duration)).toBeCloseTo(4, 1);
});

test("strangers get none, nor does who asks for an event that is not there", async () => {
  expect((await fetch(live.url + clipPath)).status).toBe(401);
  expect((await live.fetch("/api/v1/events/2/clip.mp4")).status).toBe(404);
});

test("an event says whether its clip is given as MP4", async () => {
  const event = async () => await (await live.fetch("/api/v1/events/1")).json();
  expect(await event()).toMatchObject({ clip: true, mp4: true });
  process.env.PATH = programs;
  expect(await event()).toMatchObject({ clip: true, mp4: false });
});

test("without ffmpeg the answer says what to install", async () => {
  process.env.PATH = programs;
  const answer = await live.fetch(clipPath);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("sudo apt install ffmpeg") });
});

test("one is made at a time, and ffmpeg ends with whoever asked for it", async () => {
  const pidFile = join(programs, "pid");
  // Says something that may be the beginning of a video, and hangs.
  const hanging = `#!/bin/sh\necho $$ > '${pidFile}'\nhead -c 100000 /dev/zero\nexec sleep 1000\n`;
  writeFileSync(join(programs, "ffmpeg"), hanging, { mode: 0o755 });
  process.env.PATH = `${programs}:${PATH}`;
  const gone = new AbortController();
  const first = await live.fetch(clipPath, { signal: gone.signal });
  expect(first.status).toBe(200);
  const second = await live.fetch(clipPath);
  expect([second.status, second.headers.get("retry-after")]).toEqual([503, "5"]);
  gone.abort();
  const pid = Number(readFileSync(pidFile, "utf8"));
  await until("ffmpeg has ended", () => !existsSync(`/proc/${pid}`));
  process.env.PATH = PATH;
  expect((await live.fetch(clipPath)).status).toBe(200);
});

test("an ffmpeg that fails half way breaks the answer off", async () => {
  const failing = "#!/bin/sh\nhead -c 100000 /dev/zero\nsleep 0.2\necho 'Conversion failed!' >&2\nexit 1\n";
  writeFileSync(join(programs, "ffmpeg"), failing, { mode: 0o755 });
  process.env.PATH = `${programs}:${PATH}`;
  const answer = await live.fetch(clipPath);
  await expect(answer.arrayBuffer()).rejects.toThrow();
});
