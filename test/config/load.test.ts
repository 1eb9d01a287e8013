import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ConfigSources, loadConfig } from "../../src/config/load.ts";
import { XnorcamError } from "../../src/errors.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-config-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function errorOf(sources: ConfigSources): XnorcamError {
  try {
    loadConfig(sources);
  } catch (error) {
    if (error instanceof XnorcamError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
}

function problemsOf(name: string, text: string): string[] {
  const file = write(name, text);
  const error = errorOf({ file, env: {} });
  expect(error.code).toBe("XC_CONFIG_INVALID");
  return error.message.split("\n").map((line) => {
    expect(line.startsWith(file)).toBe(true);
    return line.slice(file.length).replace(/^: /, "");
  });
}

describe("without a file", () => {
  test("everything has its default", () => {
    expect(loadConfig({ env: {} })).toEqual({
      server: { port: 8080, host: "0.0.0.0", hostNames: [] },
      dataDir: join(homedir(), ".local/share/xnorcam"),
      camera: {
        source: "auto",
        replay: null,
        fps: 5,
        width: 640,
        height: 480,
        rotation: 0,
        hflip: false,
        vflip: false,
        exposure: "normal",
        awb: "auto",
        roi: null,
        loop: true,
      },
      model: { file: resolve("models/xnor-yolo-zero.safetensors"), threshold: null },
      alarm: { classes: ["handgun", "rifle", "knife"], k: 3, n: 5, holdSeconds: 10 },
      outputs: [{ gpio: 17, activeLow: false }],
      log: { level: "info" },
    });
  });

  test("the data folder follows XDG_DATA_HOME", () => {
    expect(loadConfig({ env: { XDG_DATA_HOME: "/xdg" } }).dataDir).toBe("/xdg/xnorcam");
  });

  test("two loads share nothing that one could change for the other", () => {
    loadConfig({ env: {} }).alarm.classes.push("cat");
    expect(loadConfig({ env: {} }).alarm.classes).toEqual(["handgun", "rifle", "knife"]);
  });
});

describe("what goes before what", () => {
  test("the file goes before the defaults, and keeps the defaults of what it leaves out", () => {
    const file = write("c.toml", "[alarm]\nk = 1\n[[outputs]]\ngpio = 4\n");
    const config = loadConfig({ file, env: {} });
    expect(config.alarm).toEqual({ classes: ["handgun", "rifle", "knife"], k: 1, n: 5, holdSeconds: 10 });
    expect(config.outputs).toEqual([{ gpio: 4, activeLow: false }]);
  });

  test("JSON says the same as TOML, null included", () => {
    const json = write("c.json", '{"camera": {"replay": null, "fps": 2.5}, "outputs": []}');
    const toml = write("c.toml", "outputs = []\n[camera]\nfps = 2.5\n");
    expect(loadConfig({ file: json, env: {} })).toEqual(loadConfig({ file: toml, env: {} }));
  });

  test("the environment goes before the file, and the command line before both", () => {
    const file = write("c.toml", 'dataDir = "/file"\n[server]\nport = 1000\n[camera]\nfps = 1\n');
    const env = { PORT: "2000", XNORCAM_DATA_DIR: "/env", XNORCAM_CONFIG: file };
    const fromEnvironment = loadConfig({ env });
    expect(fromEnvironment.server.port).toBe(2000);
    expect(fromEnvironment.dataDir).toBe("/env");
    expect(fromEnvironment.camera.fps).toBe(1);

    const overrides = { port: 0, fps: 9, dataDir: "/line", replay: "/clip" };
    const fromLine = loadConfig({ overrides, env });
    expect(fromLine.server.port).toBe(0);
    expect(fromLine.dataDir).toBe("/line");
    expect(fromLine.camera).toMatchObject({ replay: "/clip", fps: 9, loop: true });
  });

  test("a file on the command line goes before XNORCAM_CONFIG", () => {
    const file = write("c.toml", "[server]\nport = 1000\n");
    expect(loadConfig({ file, env: { XNORCAM_CONFIG: "/nowhere.toml" } }).server.port).toBe(1000);
  });

  test("an environment variable that is set to nothing counts as not set", () => {
    const env = { PORT: "", XNORCAM_DATA_DIR: "", XNORCAM_CONFIG: "", XDG_DATA_HOME: "" };
    expect(loadConfig({ env })).toEqual(loadConfig({ env: {} }));
  });
});

describe("paths", () => {
  test("those in the file are relative to the file's folder", () => {
    const file = write(
      "c.toml",
      'dataDir = "data"\n[camera]\nreplay = "../clip"\n[model]\nfile = "models/xnor-yolo-zero.safetensors"\n',
    );
    const config = loadConfig({ file, env: {} });
    expect(config.dataDir).toBe(join(folder, "data"));
    expect(config.camera.replay).toBe(join(folder, "../clip"));
    expect(config.model.file).toBe(join(folder, "models/xnor-yolo-zero.safetensors"));
  });

  test("those on the command line and in the environment are relative to the current folder", () => {
    const file = write("c.toml", "");
    const config = loadConfig({
      file,
      overrides: { replay: "clip" },
      env: { XNORCAM_DATA_DIR: "data" },
    });
    expect(config.camera.replay).toBe(resolve("clip"));
    expect(config.dataDir).toBe(resolve("data"));
  });

  test("a leading ~/ is the home folder", () => {
    const file = write("c.toml", 'dataDir = "~/camera"\n');
    expect(loadConfig({ file, env: {} }).dataDir).toBe(join(homedir(), "camera"));
  });
});

describe("a file that cannot be read", () => {
  test.each([
    ["is missing", "missing.toml", "there is no such config file"],
    ["is a folder", "folder.toml", "this is a folder, expected a config file"],
    ["has another ending", "c.yaml", "a config file's name ends in .toml or .json"],
  ])("%s", (_, name, expected) => {
    mkdirSync(join(folder, "folder.toml"));
    const file = join(folder, name);
    const error = errorOf({ file, env: {} });
    expect(error.code).toBe("XC_CONFIG_UNREADABLE");
    expect(error.message).toBe(`${file}: ${expected}`);
  });

  test.skipIf(process.getuid?.() === 0)("may not be read by this user", () => {
    const file = write("c.toml", "");
    chmodSync(file, 0o000);
    const error = errorOf({ file, env: {} });
    expect(error.code).toBe("XC_CONFIG_UNREADABLE");
    expect(error.message).toBe(`${file}: no permission to read this config file`);
  });
});

describe("a syntax error is told with its line", () => {
  test("in TOML", () => {
    expect(problemsOf("c.toml", "[server]\nport = 80\nhost = \n")).toEqual([":3: invalid value"]);
  });

  test("in JSON, in the middle and at the end", () => {
    expect(problemsOf("c.json", '{\n"log": {},\n}\n')[0]).toMatch(/^:3: /);
    expect(problemsOf("c.json", '{\n"log": {\n')[0]).toMatch(/^:2: /);
  });

  test("but a byte order mark is none", () => {
    const file = write("c.toml", "\uFEFF[server]\nport = 80\n");
    expect(loadConfig({ file, env: {} }).server.port).toBe(80);
  });
});

describe("a file that says something wrong", () => {
  test("has every problem told at once, one a line, with what was found and what is expected", () => {
    const text = `
      dataDir = 5
      [server]
      port = 80000
      [camera]
      fps = inf
      loop = "yes"
      [model]
      threshold = 2
      [alarm]
      classes = []
      k = 1.5
      holdSeconds = 0
      [[outputs]]
      gpio = 99
      [log]
      level = "loud"
    `;
    expect(problemsOf("c.toml", text)).toEqual([
      "server.port is 80000, expected a whole number from 0 to 65535",
      "dataDir is 5, expected text in quotes, not empty",
      "camera.fps is Infinity, expected a number from 0.1 to 60",
      'camera.loop is "yes", expected true or false',
      "model.threshold is 2, expected a number from 0 to 1",
      "alarm.classes is [], expected a list, at least 1, no two the same, of: text in quotes, not empty",
      "alarm.k is 1.5, expected a whole number from 1 to 1000",
      "alarm.holdSeconds is 0, expected a number from 0.5 to 86400",
      "outputs[0].gpio is 99, expected a whole number from 0 to 27",
      'log.level is "loud", expected one of "trace", "debug", "info", "warn", "error", "silent"',
    ]);
  });

  test("has unknown keys named with the nearest known one, in the same section or another", () => {
    const text =
      "port = 80\ntelevision = true\n[camera]\nfsp = 5\n[alarms]\n[[outputs]]\ngpio = 4\nactivLow = true\n";
    expect(problemsOf("c.toml", text)).toEqual([
      "port is no setting, did you mean server.port?",
      "television is no setting, expected one of server, dataDir, camera, model, alarm, outputs, log",
      "alarms is no setting, did you mean alarm?",
      "camera.fsp is no setting, did you mean camera.fps?",
      "outputs[0].activLow is no setting, did you mean outputs[0].activeLow?",
    ]);
  });

  test("has a missing key and a section of the wrong kind named", () => {
    expect(problemsOf("c.json", '{"server": 8080, "outputs": [{}]}')).toEqual([
      "server is 8080, expected a section with port, host, hostNames",
      "outputs[0].gpio is missing, expected a whole number from 0 to 27",
    ]);
    expect(problemsOf("number.json", "12")).toEqual([
      "the file is 12, expected a section with server, dataDir, camera, model, alarm, outputs, log",
    ]);
  });

  test("has keys that contradict each other named", () => {
    expect(problemsOf("roi.toml", "[camera]\nroi = [0.5, 0, 0.6, 1]\n")).toEqual([
      "camera.roi is [0.5,0,0.6,1], expected left, top, width and height of a part of the picture, as fractions of it",
    ]);
    expect(problemsOf("c.json", '{"alarm": {"k": 6}, "outputs": [{"gpio": 4}, {"gpio": 4}]}')).toEqual([
      "alarm.k is 6, expected at most alarm.n, which is 5",
      "outputs[1].gpio is 4, which outputs[0] has already",
    ]);
  });

  test("does not fill the screen with what was found", () => {
    const [problem] = problemsOf("c.json", JSON.stringify({ server: "x".repeat(5000) }));
    expect(problem?.length).toBeLessThan(150);
  });
});

test.each(["http", "-1", "65536", "80.5", " 80", "0x50"])("PORT=%s is refused by name", (port) => {
  const error = errorOf({ env: { PORT: port } });
  expect(error.code).toBe("XC_CONFIG_INVALID");
  expect(error.message).toBe(
    `the environment variable PORT is "${port}", expected a whole number from 0 to 65535`,
  );
});
