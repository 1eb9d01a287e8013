import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import type { Config } from "../src/config/schema.ts";
import type { EventSummary } from "../src/events/event.ts";
import { loadSqlite } from "../src/events/sqlite.ts";
import { Camera } from "../src/main.ts";
import { loadAddon } from "../src/nn/kernels/native.ts";
import type { CameraStatus } from "../src/server/status.ts";
import { picturesRoot, TestViewer } from "./helpers/live-server.ts";
import { StandinCamera } from "./helpers/standin-camera.ts";
import { until } from "./helpers/until.ts";

const outputOff = "output off: GPIO 17, simulated: no Raspberry Pi GPIO on this machine";

let folder: string;
let log: string[];
let camera: Camera | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-"));
  log = [];
});
afterEach(async () => {
  await camera?.stop();
  camera = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** A camera that plays real pictures, on a free port, with its data in a folder of its own. */
function create(change: (config: Config) => Config = (config) => config): Camera {
  const config = loadConfig({
    env: {},
    overrides: { port: 0, dataDir: join(folder, "data"), replay: picturesRoot, fps: 10 },
  });
  const destination = { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) };
  // Whoever wants to watch may: these tests are of the camera.
  const open = { ...config, server: { ...config.server, login: false } };
  camera = new Camera(change(open), pino({ level: "info" }, destination));
  return camera;
}

/** Whatever the network thinks it sees at all: the way from detection to output is what is tested with it. */
function alarmedByAnything(config: Config): Config {
  return {
    ...config,
    model: { ...config.model, threshold: 0.001 },
    alarm: { ...config.alarm, classes: ["person"], k: 1, n: 1, holdSeconds: 60 },
  };
}

async function statusOf(url: string): Promise<CameraStatus> {
  return (await (await fetch(`${url}/api/v1/status`)).json()) as CameraStatus;
}

/** Threads, sockets and timers that keep this process alive. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|MessagePort|Worker|Timeout/.test(name));
}

describe("a running camera", () => {
  test("passes frames through the detector to viewers, and is healthy when they flow", async () => {
    const { url } = await create().start();
    const viewer = await TestViewer.connect({ url, cookie: "" });
    await until("pictures came", () => viewer.jpegs.length >= 3, 15_000);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const status = await statusOf(url);
    expect(status).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      model: { name: expect.any(String), kernels: loadAddon().variants()[0] },
      camera: { description: `replay of ${resolve(picturesRoot)} (16 pictures, 10 fps)`, broken: 0 },
      detector: { error: null, timings: { networkMs: expect.any(Number) } },
      outputs: [{ kind: "simulated", on: false }],
    });
    expect(status.model.classes).toContain("rifle");
    expect(status.detector.processed).toBeGreaterThanOrEqual(3);
    expect(status.detector.latencyMs?.p50).toBeGreaterThan(0);
    viewer.close();
  });

  test("sees with the bundled network that the settings name", async () => {
    const plus = (config: Config): Config => ({
      ...config,
      model: { ...config.model, network: "xnor-yolo-plus" },
    });
    const { url } = await create(plus).start();
    await until("it looks", async () => (await statusOf(url)).model.name === "xnor-yolo-plus", 15_000);
  });

  test("says in the log that its output is simulated, and where the dashboard is", async () => {
    const { url } = await create().start();
    expect(log).toContain("output GPIO 17, simulated: no Raspberry Pi GPIO on this machine");
    expect(log.at(-1)).toContain(`dashboard at ${url}`);
  });

  test("raises the alarm on what it was told to look for, switches the output, and says why", async () => {
    const { url } = await create(alarmedByAnything).start();
    await until("the alarm is on", async () => (await statusOf(url)).alarm.active, 15_000);
    const { alarm, outputs } = await statusOf(url);
    expect(alarm.reason).toMatch(/^person 0\.\d\d in 1 of 1 frame, armed away$/);
    expect(outputs).toMatchObject([{ on: true, error: null }]);
    expect(log.find((line) => line.startsWith("alarm on: "))).toMatch(
      /^alarm on: person .* after frame \d+$/,
    );
    const stopped = camera!.stop();
    // At once, before anything else that stops and may hang.
    expect(log.at(-1)).toBe(outputOff);
    await stopped;
  });

  test("records the alarm: an event with a still, of which pages are told", async () => {
    const { url } = await create(alarmedByAnything).start();
    const viewer = await TestViewer.connect({ url, cookie: "" });
    await until("the page was told", () => viewer.messages("event").length > 0, 15_000);
    const { event } = viewer.messages("event")[0] as unknown as { event: EventSummary };
    expect(event).toMatchObject({ kind: "alarm", labels: ["person"], still: true, ended: null });
    const still = await fetch(`${url}/api/v1/events/${event.id}/still.jpg`);
    expect(still.headers.get("content-type")).toBe("image/jpeg");
    viewer.close();
    await camera!.stop();
    expect(await readdir(join(folder, "data/events/media"))).toEqual(["1.avi", "1.jpg"]);
  });

  test("watches on without recording when a newer version wrote the database, and says so once", async () => {
    await create().start();
    await camera!.stop();
    const database = (await loadSqlite())(join(folder, "data/events/events.db"), false);
    database.exec("PRAGMA user_version = 99");
    database.close();
    log = [];
    const { url } = await create(alarmedByAnything).start();
    await until("the alarm is on", async () => (await statusOf(url)).alarm.active, 15_000);
    const lines = log.filter((line) => line.includes("events are not recorded"));
    expect(lines).toEqual([
      expect.stringMatching(/version 99, written by a newer Xnorcam.*; the alarm works without$/),
    ]);
    expect((await fetch(`${url}/api/v1/events`)).status).toBe(503);
  });

  test("switches the output off when the program ends without stopping it", async () => {
    const before = process.listeners("exit");
    const { url } = await create(alarmedByAnything).start();
    await until("the alarm is on", async () => (await statusOf(url)).alarm.active, 15_000);
    const atExit = process.listeners("exit").filter((listener) => !before.includes(listener));
    for (const listener of atExit) listener.call(process, 1);
    expect(log.at(-1)).toBe(outputOff);
    await camera!.stop();
    expect(process.listeners("exit")).toEqual(before);
  });

  test("plays past a broken picture and counts it", async () => {
    await writeFile(join(folder, "1.jpg"), "this is a text");
    const picture = new URL("./fixtures/pictures/parity-02.png", import.meta.url);
    await writeFile(join(folder, "2.png"), await readFile(picture));
    const { url } = await create((config) => ({
      ...config,
      camera: { ...config.camera, replay: folder },
    })).start();
    await until("frames flow", async () => (await statusOf(url)).detector.processed > 3, 15_000);
    expect((await statusOf(url)).camera.broken).toBeGreaterThan(0);
  });

  test("is not healthy any more when the replay has ended, and says so", async () => {
    const { url } = await create((config) => ({
      ...config,
      camera: { ...config.camera, replay: join(picturesRoot, "parity-02.png"), fps: 10, loop: false },
    })).start();
    // The replay ends while the only frame is still in the detector, whose result must not hide that.
    await until("it was detected on", async () => (await statusOf(url)).detector.processed === 1, 15_000);
    const health = await fetch(`${url}/healthz`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ detail: "the replay has ended" });
    expect((await statusOf(url)).detector.error).toBe("the replay has ended");
  });

  test("says so when the replay has ended because nothing of it can be read any more", async () => {
    const picture = await readFile(join(picturesRoot, "parity-02.png"));
    const files = [join(folder, "1.png"), join(folder, "2.png")];
    for (const file of files) await writeFile(file, picture);
    const { url } = await create((config) => ({
      ...config,
      camera: { ...config.camera, replay: folder },
    })).start();
    for (const file of files) await writeFile(file, "");
    const reason = async () => (await statusOf(url)).detector.error;
    await until("it has ended", async () => (await reason()) !== null, 15_000);
    expect(await reason()).toMatch(/^the replay has ended: none of 2 pictures can be read; the first one: /);
  });
});

describe("with a camera on the ribbon connector", () => {
  const path = process.env.PATH;
  let ribbon: StandinCamera;

  beforeEach(() => {
    ribbon = new StandinCamera("rpicam-vid", picturesRoot);
    process.env.PATH = `${ribbon.folder}:${path}`;
  });
  afterEach(async () => {
    await camera?.stop();
    process.env.PATH = path;
    ribbon.remove();
  });

  test("looks at its pictures, says when it is lost, and looks on when it is back", async () => {
    const { url } = await create((config) => ({
      ...config,
      camera: { ...config.camera, replay: null },
    })).start();
    expect(log.at(-1)).toContain("Raspberry Pi camera (rpicam-vid, 640 × 480, 10 fps); dashboard at ");
    await until("frames flow", async () => (await statusOf(url)).detector.processed > 3, 15_000);
    ribbon.break("die");
    await until("it has died", () => log.some((line) => line.startsWith("rpicam-vid has ended (SIGABRT)")));
    ribbon.break("no-cameras");
    await until("it says what is wrong", async () => {
      const response = await fetch(`${url}/healthz`);
      const { detail = "" } = (await response.json()) as { detail?: string };
      return response.status === 503 && detail.startsWith("no camera found: ");
    });
    ribbon.repair();
    await until("all is well", async () => (await fetch(`${url}/healthz`)).status === 200, 10_000);
    await camera!.stop();
    expect(ribbon.processes()).toEqual([]);
  });

  test("does not start without it, where it must not play the demo", async () => {
    ribbon.break("no-cameras");
    const starting = create((config) => ({
      ...config,
      camera: { ...config.camera, source: "rpicam", replay: null },
    })).start();
    await expect(starting).rejects.toMatchObject({ code: "XC_CAMERA_MISSING" });
  });
});

describe("stopping", () => {
  test("leaves nothing running, also when called twice and with viewers", async () => {
    const before = resources();
    const { url } = await create().start();
    const viewer = await TestViewer.connect({ url, cookie: "" });
    await Promise.all([camera!.stop(), camera!.stop()]);
    await until("the viewer was told", () => viewer.closed !== null);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    await until("all is gone", () => resources().length <= before.length);
  });

  test("while it starts ends the start and takes down what runs already", async () => {
    const before = resources();
    const starting = create().start();
    const refused = expect(starting).rejects.toThrow();
    await camera!.stop();
    await refused;
    await until("all is gone", () => resources().length <= before.length);
  });

  test("ends a start that hangs, on a pipe that nobody writes to", async () => {
    const before = resources();
    const replay = join(folder, "pipe.mp4");
    await promisify(execFile)("mkfifo", [replay]);
    const starting = create((config) => ({ ...config, camera: { ...config.camera, replay } })).start();
    const refused = expect(starting).rejects.toThrow();
    // The last part that starts before the source.
    await until("the output is there", () => log.some((line) => line.startsWith("output GPIO 17")), 15_000);
    await sleep(300);
    await camera!.stop();
    await refused;
    await until("all is gone", () => resources().length <= before.length);
  });
});

describe("a camera that can't start says why in one line and leaves nothing running", () => {
  async function failure(change: (config: Config) => Config): Promise<{ code: string; message: string }> {
    const before = resources();
    const error = await create(change)
      .start()
      .then(
        () => new Error("it started"),
        (error: unknown) => error as { code: string; message: string },
      );
    await until("all is gone", () => resources().length <= before.length);
    expect(error.message).not.toContain("\n");
    return error as { code: string; message: string };
  }

  test("port in use", async () => {
    const other = createServer().listen(0, "0.0.0.0");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const { code, message } = await failure((config) => ({ ...config, server: { ...config.server, port } }));
    expect(code).toBe("XC_PORT_IN_USE");
    expect(message).toContain(`port ${port} is in use`);
    other.close();
  });

  test("data folder that is a file", async () => {
    const dataDir = join(folder, "file");
    await writeFile(dataDir, "");
    const { code, message } = await failure((config) => ({ ...config, dataDir }));
    expect(code).toBe("XC_DATA_DIR");
    expect(message).toContain(`the data folder ${dataDir} can't be used: there is a file in its place`);
  });

  test.each(["/sys/xnorcam", "/proc/xnorcam/data"])(
    "data folder where nobody may make one: %s",
    async (dataDir) => {
      const { code, message } = await failure((config) => ({ ...config, dataDir }));
      expect(code).toBe("XC_DATA_DIR");
      expect(message).toContain(`the data folder ${dataDir} can't be used: `);
    },
  );

  test("no model", async () => {
    const file = join(folder, "none.safetensors");
    const { code, message } = await failure((config) => ({ ...config, model: { ...config.model, file } }));
    expect(code).toBe("XC_MODEL_UNREADABLE");
    expect(message).toContain(file);
  });

  test("nothing to replay", async () => {
    const { code } = await failure((config) => ({ ...config, camera: { ...config.camera, replay: folder } }));
    expect(code).toBe("XC_NO_PICTURES");
  });

  test("an alarm class that the model does not know", async () => {
    const { code, message } = await failure((config) => ({
      ...config,
      alarm: { ...config.alarm, classes: ["rifle", "sword"] },
    }));
    expect(code).toBe("XC_CONFIG_INVALID");
    expect(message).toMatch(/^alarm\.classes: "sword" is no class of \S+; it knows person, handgun, rifle/);
  });
});
