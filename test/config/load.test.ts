import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { networkFile } from "../../src/bundled-networks.ts";
import { type ConfigSources, loadConfig, loadSettings } from "../../src/config/load.ts";
import { type Migration, migrate } from "../../src/config/migrations.ts";
import { XnorcamError } from "../../src/errors.ts";

const outputDefaults = {
  activeLow: false,
  when: "alarm",
  classes: [],
  zones: [],
  pattern: "steady",
  maxOnSeconds: null,
};

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

/** The lines of the message after the name of the file: ":3: alarm.k is …". */
function complaintsOf(name: string, text: string): string[] {
  const file = write(name, text);
  const error = errorOf({ file, env: {} });
  expect(error.code).toBe("XC_CONFIG_INVALID");
  return error.message.split("\n").map((line) => {
    expect(line.startsWith(file)).toBe(true);
    return line.slice(file.length);
  });
}

function problemsOf(name: string, text: string): string[] {
  return complaintsOf(name, text).map((line) => line.replace(/^(:\d+)?: /, ""));
}

describe("without a file", () => {
  test("everything has its default", () => {
    expect(loadConfig({ env: {} })).toEqual({
      version: 1,
      server: { port: 8080, host: "0.0.0.0", hostNames: [], tls: "off", login: true },
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
      model: {
        network: "xnor-yolo-zero",
        file: null,
        sensitivity: "normal",
        threshold: null,
        closerLooks: 0,
      },
      alarm: {
        classes: ["handgun", "rifle", "knife"],
        k: 3,
        n: 5,
        holdSeconds: 10,
        homeClasses: null,
        thresholds: {},
        confirm: true,
        minSize: 0,
        zones: [],
        mode: "away",
        schedule: [],
        entryDelaySeconds: 0,
        exitDelaySeconds: 0,
        cooldownSeconds: 0,
        testSeconds: 5,
      },
      outputs: [{ gpio: 17, ...outputDefaults }],
      inputs: [],
      events: {
        enabled: true,
        classes: ["person"],
        minSightings: 3,
        whenDisarmed: false,
        preRollSeconds: 3,
        postRollSeconds: 5,
        maxClipSeconds: 120,
        clipFps: 5,
        memoryMB: 8,
        maxMB: 2000,
        maxDays: 30,
        minFreeMB: 200,
      },
      mqtt: {
        url: null,
        username: null,
        password: null,
        passwordFile: null,
        caFile: null,
        certFile: null,
        keyFile: null,
        id: "xnorcam",
        name: "Xnorcam",
        discoveryPrefix: "homeassistant",
        stills: true,
        pictureSeconds: null,
        queueLimit: 1000,
      },
      webhooks: [],
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
    expect(config.alarm).toMatchObject({
      classes: ["handgun", "rifle", "knife"],
      k: 1,
      n: 5,
      holdSeconds: 10,
    });
    expect(config.outputs).toEqual([{ gpio: 4, ...outputDefaults }]);
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

    const overrides = {
      port: 0,
      fps: 9,
      dataDir: "/line",
      replay: "/clip",
      sensitivity: "quiet" as const,
    };
    const fromLine = loadConfig({ overrides, env });
    expect(fromLine.server.port).toBe(0);
    expect(fromLine.dataDir).toBe("/line");
    expect(fromLine.model.sensitivity).toBe("quiet");
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
  test("the network is the chosen one of the bundled, or a file of one's own", () => {
    const plus = write("plus.toml", 'model.network = "xnor-yolo-plus"\n');
    expect(networkFile(loadConfig({ file: plus, env: {} }).model)).toBe(
      resolve("models/xnor-yolo-plus.safetensors"),
    );
    const own = write("own.toml", '[model]\nnetwork = "xnor-yolo-plus"\nfile = "own.safetensors"\n');
    expect(networkFile(loadConfig({ file: own, env: {} }).model)).toBe(join(folder, "own.safetensors"));
  });

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

  test.each([
    ["ffmpeg:clip.mp4", (folder: string) => `ffmpeg:${join(folder, "clip.mp4")}`],
    ["ffmpeg:/clip.mp4", () => "ffmpeg:/clip.mp4"],
    ["ffmpeg:/dev/video0", () => "ffmpeg:/dev/video0"],
    ["ffmpeg:rtsp://camera/stream", () => "ffmpeg:rtsp://camera/stream"],
  ])("so is a file that ffmpeg plays, but no device or address: %s", (source, expected) => {
    const file = write("c.toml", `camera.source = "${source}"\n`);
    expect(loadConfig({ file, env: {} }).camera.source).toBe(expected(folder));
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
    expect(complaintsOf("c.toml", "[server]\nport = 80\nhost = \n")).toEqual([":3: invalid value"]);
  });

  test("in JSON, in the middle and at the end", () => {
    expect(complaintsOf("c.json", '{\n"log": {},\n}\n')[0]).toMatch(/^:3: /);
    expect(complaintsOf("c.json", '{\n"log": {\n')[0]).toMatch(/^:2: /);
  });

  test("in JSON after comments, in which nothing is wrong", () => {
    expect(complaintsOf("c.json", '{\n/* "a": [\n*/ "log": {} // , "\n, }\n')[0]).toMatch(/^:4: /);
  });

  test("but a byte order mark is none", () => {
    const file = write("c.toml", "\uFEFF[server]\nport = 80\n");
    expect(loadConfig({ file, env: {} }).server.port).toBe(80);
  });
});

describe("a file that says something wrong", () => {
  const byHand = `
# My camera
[server]
port = 80000         # 1

[alarm]
k = "three"          # 2
zones = [
  { name = "door", points = [[0, 0], [1, 0], [1, 1]] },
  { name = "path", points = [[0, 0], [1, 0]] },         # 3
]

[[outputs]]
gpio = 17

[[outputs]]
gpio = 17
patern = "siren"     # 4

[log]
"level" = "loud"     # 5
`;
  test("in five places has all five told at once, with their lines: TOML", () => {
    expect(complaintsOf("five.toml", byHand).map((line) => line.split(", expected")[0])).toEqual([
      ":4: server.port is 80000",
      ':7: alarm.k is "three"',
      ":10: alarm.zones[1].points has 2 entries",
      ":18: outputs[1].patern is no setting, did you mean outputs[1].pattern?",
      ':21: log.level is "loud"',
    ]);
  });

  test("in five places has all five told at once, with their lines: JSON with comments", () => {
    const json = `{
  // The "server": {
  "server": { "port": 80000, /* 1
    , */ "host": 5 },
  "alarm": {
    "k": "three", // 3
    "thresholds": { "knife": 2 }
  },
  "outputs": [
    { "gpio": 17 },
    { "pattern": "siren" }
  ]
}`;
    expect(complaintsOf("five.jsonc", json).map((line) => line.split(", expected")[0])).toEqual([
      ":3: server.port is 80000",
      ":4: server.host is 5",
      ':6: alarm.k is "three"',
      ":7: alarm.thresholds.knife is 2",
      ":11: outputs[1].gpio is missing",
    ]);
  });

  test.each([
    ["a quoted key", 'a.k = 1\n["alarm"]\n"k" = "x"', ":1: a is no setting", ':3: alarm.k is "x"'],
    ["a dotted key", '\nalarm.k = "x"', ':2: alarm.k is "x"'],
    ["text over lines", 'dataDir = """\n[alarm]\nk = 1"""\nalarm.k = "x"', ':4: alarm.k is "x"'],
    ["text like a comment", 'dataDir = \'# "\'\nalarm.k = "x"', ':2: alarm.k is "x"'],
    ["lines of Windows", 'dataDir = "x"\r\n[alarm] # k\r\nk = "x"\r\n', ':3: alarm.k is "x"'],
    ["a section in one line", '\nalarm = { n = 5, k = "x" }', ':2: alarm.k is "x"'],
    ["what is missing", '\n[[alarm.zones]]\nname = "door"', ":2: alarm.zones[0].points is missing"],
    [
      "the second of a list",
      "[[inputs]]\ngpio = 4\n[alarm]\n[[inputs]]\ngpio = 4",
      ":5: inputs[1].gpio is 4, which inputs[0] has already",
    ],
  ])("has its line told for %s", (_what, text, ...expected) => {
    const starts = complaintsOf("c.toml", text).map((line) => line.split(/, (?:expected|did)/)[0]);
    expect(starts).toEqual(expected);
  });

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
      "dataDir is 5, expected text in quotes, not empty",
      "server.port is 80000, expected a whole number from 0 to 65535",
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
      "television is no setting, expected one of version, server, dataDir, camera, model, alarm, outputs, inputs, events, mqtt, webhooks, log",
      "camera.fsp is no setting, did you mean camera.fps?",
      "alarms is no setting, did you mean alarm?",
      "outputs[0].activLow is no setting, did you mean outputs[0].activeLow?",
    ]);
  });

  test("has a missing key and a section of the wrong kind named", () => {
    expect(problemsOf("c.json", '{"server": 8080, "outputs": [{}]}')).toEqual([
      "server is 8080, expected a section with port, host, hostNames, tls, login",
      "outputs[0].gpio is missing, expected a whole number from 0 to 27",
    ]);
    expect(problemsOf("number.json", "12")).toEqual([
      "the file is 12, expected a section with version, server, dataDir, camera, model, alarm, outputs, inputs, events, mqtt, webhooks, log",
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
    const pins = '[[outputs]]\ngpio = 4\nclasses = ["cat"]\nzones = ["door"]\n[[inputs]]\ngpio = 4\n';
    expect(problemsOf("pins.toml", pins)).toEqual([
      'outputs[0].classes has "cat", which raises no alarm: expected some of alarm.classes, handgun, rifle, knife',
      'outputs[0].zones has "door", which is no zone to watch: expected one that alarm.zones defines',
      "inputs[0].gpio is 4, which outputs[0] has already",
    ]);
    expect(problemsOf("text.toml", '[[outputs]]\ngpio = "17"\n')).toEqual([
      'outputs[0].gpio is "17", expected a whole number from 0 to 27',
    ]);
  });

  test("has a zone that is no polygon named, with what is wrong with it", () => {
    const zone = (name: string, points: unknown) => ({ name, points });
    const corners = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ];
    const problems = (...zones: unknown[]) => problemsOf("c.json", JSON.stringify({ alarm: { zones } }));
    expect(problems(zone("two", corners.slice(0, 2)), zone("many", Array(10_000).fill([0.5, 0.5])))).toEqual([
      expect.stringMatching(
        /^alarm\.zones\[0\]\.points has 2 entries, expected a list, at least 3, at most 64/,
      ),
      expect.stringMatching(
        /^alarm\.zones\[1\]\.points has 10000 entries, expected a list, at least 3, at most 64/,
      ),
    ]);
    const crossed = [corners[0], corners[2], corners[1], corners[3]];
    expect(problems(zone("door", corners), zone("tie", crossed), zone("door", corners))).toEqual([
      'alarm.zones[1].points ("tie"): the edge (0, 0)–(1, 1) meets the edge (1, 0)–(0, 1), expected corners in order',
      'alarm.zones[2].name is "door", which another zone has already',
    ]);
    expect(
      problems(
        zone("far", [
          [0, 0],
          [1.5, 0],
          [1, 1],
        ]),
      ),
    ).toEqual(["alarm.zones[0].points[1][0] is 1.5, expected a number from 0 to 1"]);
    expect(problems({ points: corners })).toEqual([
      "alarm.zones[0].name is missing, expected text in quotes, not empty",
    ]);
  });

  test("has a schedule that says no time named", () => {
    const text = '[[alarm.schedule]]\ndays = ["sunday"]\nfrom = "24:00"\nto = "6"\nmode = "armed"\n';
    expect(problemsOf("c.toml", text)).toEqual([
      'alarm.schedule[0].days[0] is "sunday", expected one of "sun", "mon", "tue", "wed", "thu", "fri", "sat"',
      'alarm.schedule[0].from is "24:00", expected text such as "22:00"',
      'alarm.schedule[0].to is "6", expected text such as "22:00"',
      'alarm.schedule[0].mode is "armed", expected one of "away", "home", "off"',
    ]);
  });

  test("has ways to tell others that can't work named, and no secret with them", () => {
    const text = `
[mqtt]
url = "mqtt://camera:hunter2hunter2@10.0.0.2"
password = "hunter2hunter2"
passwordFile = "password"
id = "front door"
[[webhooks]]
name = "../phone"
url = "ftp://example.com"
secret = "hunter2"
`;
    expect(problemsOf("c.toml", text)).toEqual([
      'mqtt.url is "mqtt://…@10.0.0.2", expected text such as "mqtt://192.168.1.10", "mqtts://broker.example:8883"',
      'mqtt.id is "front door", expected text such as "front_door"',
      'webhooks[0].name is "../phone", expected text such as "phone"',
      'webhooks[0].url does not fit, expected text such as "https://example.com/hook"',
      "webhooks[0].secret does not fit, expected text of at least 8 characters",
    ]);
    const hook = { url: "https://example.com/hook", secret: "hunter2hunter2" };
    const both = { password: "hunter2hunter2", passwordFile: "password" };
    expect(
      problemsOf(
        "c.json",
        JSON.stringify({
          mqtt: both,
          webhooks: [
            { ...hook, name: "a" },
            { ...hook, name: "a" },
          ],
        }),
      ),
    ).toEqual([
      "mqtt.password and mqtt.passwordFile are both set, expected one of them: a secret has one place",
      'webhooks[1].name is "a", which webhooks[0] has already',
    ]);
    // A list that was written as a section.
    expect(problemsOf("c.json", JSON.stringify({ webhooks: hook }))).toEqual([
      expect.stringMatching(/^webhooks is \{"url":"…","secret":"…"\}, expected a list/),
    ]);
    expect(problemsOf("c.json", JSON.stringify({ mqtt: { password: 7 } }))).toEqual([
      "mqtt.password does not fit, expected text in quotes, not empty",
    ]);
  });

  test("is refused where it is nested without end", () => {
    const deep = `${'{"alarm":'.repeat(5000)}1${"}".repeat(5000)}`;
    expect(complaintsOf("c.json", deep)).toEqual([": what is in it is nested deeper than any setting"]);
    expect(complaintsOf("c.toml", `alarm = ${"[".repeat(900)}${"]".repeat(900)}`)).toHaveLength(1);
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

describe("without the name of a file", () => {
  test("the settings are in the data folder, once there are some", () => {
    const sources = { env: { XNORCAM_DATA_DIR: folder } };
    expect(loadSettings(sources)).toMatchObject({ path: join(folder, "xnorcam.toml"), given: {} });
    write("xnorcam.toml", "[alarm]\nk = 2\n");
    expect(loadSettings(sources).config).toMatchObject({ dataDir: folder, alarm: { k: 2 } });
  });
});

describe("the version of the settings", () => {
  const upgrade: Migration[] = [
    ({ port, ...others }) => ({ ...others, server: { port } }),
    ({ server, ...others }) => ({ ...others, web: server }),
  ];

  test("of an old file is brought to the present, step by step, and the first is meant where none is named", () => {
    const migrated = { given: { web: { port: 80 }, log: {}, version: 3 } };
    expect(migrate({ port: 80, log: {} }, upgrade)).toEqual(migrated);
    expect(migrate({ version: 1, port: 80, log: {} }, upgrade)).toEqual(migrated);
    expect(migrate({ version: 2, server: { port: 80 }, log: {} }, upgrade)).toEqual(migrated);
    expect(migrate(migrated.given, upgrade)).toEqual(migrated);
  });

  test("that is newer than the program is refused with its line, and nothing else is said", () => {
    expect(complaintsOf("c.toml", "# later\nversion = 2\nnovelty = true\n")).toEqual([
      ":2: version is 2: these settings are for a newer Xnorcam, this one knows those up to 1; update it, or take settings of that version",
    ]);
  });

  test.each(['"1"', "0", "1.5", "true"])("that is %s is none", (version) => {
    expect(problemsOf("c.json", `{"version": ${version}}`)).toEqual([
      `version is ${version}, expected a whole number from 1 to 1`,
    ]);
  });
});
