import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../src/config/read-config-file.ts";
import { editJson } from "../../../src/config/text/edit-json.ts";
import { editToml } from "../../../src/config/text/edit-toml.ts";
import { randomFrom } from "../../../src/random.ts";

type Document = Record<string, unknown>;

/** The keys that the changes below are about. */
interface Settings extends Document {
  server: Document;
  alarm: Document & { zones: [Document, Document, ...Document[]] };
}

/** What the text says after it was edited, which must be what was wanted; and the text. */
function edited<Shape = Document>(
  text: string,
  format: "toml" | "json",
  change: (document: Shape) => void,
): string {
  const before = parseConfig(text, format, "c") as Shape;
  const after = structuredClone(before);
  change(after);
  const outcome = (format === "toml" ? editToml : editJson)(text, before, after);
  expect(parseConfig(outcome, format, "c")).toEqual(after);
  return outcome;
}

const toml = (text: string, change: (document: Settings) => void) => edited(text, "toml", change);
const json = (text: string, change: (document: Settings) => void) => edited(text, "json", change);

const file = `# My camera

# How to reach it
[server]
port = 80        # as the others

[alarm] # be careful
k = 3
n = 5
# k = 9

# The door
[[alarm.zones]]
name = "door"    # front
points = [[0, 0], [1, 0], [1, 1]]

# The path
[[alarm.zones]]
name = "path"
points = [[0, 0], [1, 0], [0.5, 1]]
`;

describe("TOML", () => {
  test("a value is exchanged in its place, and nothing else", () => {
    expect(toml(file, (document) => (document.server.port = 8080))).toBe(
      file.replace("port = 80 ", "port = 8080 "),
    );
    const moved = [
      [0, 0],
      [0.25, 0],
      [1, 1],
    ];
    expect(toml(file, (document) => (document.alarm.zones[1].points = moved))).toBe(
      file.replace("[[0, 0], [1, 0], [0.5, 1]]", "[[0, 0], [0.25, 0], [1, 1]]"),
    );
  });

  test("a key that is new comes after the others of its section, which is made if need be", () => {
    expect(toml(file, (document) => (document.alarm.holdSeconds = 2.5))).toBe(
      file.replace("n = 5\n", "n = 5\nholdSeconds = 2.5\n"),
    );
    expect(toml(file, (document) => (document.log = { level: "warn" }))).toBe(
      `${file}\n[log]\nlevel = "warn"\n`,
    );
    expect(toml(file, (document) => (document.dataDir = "/x"))).toBe(
      file.replace("# My camera\n", '# My camera\ndataDir = "/x"\n'),
    );
    expect(toml("", (document) => Object.assign(document, { alarm: { thresholds: { knife: 0.6 } } }))).toBe(
      "[alarm.thresholds]\nknife = 0.6\n",
    );
  });

  test("a key that goes takes its line, and a section its lines", () => {
    expect(toml(file, (document) => delete document.alarm.k)).toBe(file.replace("\nk = 3", ""));
    const without = toml(file, (document) => Reflect.deleteProperty(document, "alarm"));
    expect(without).toContain(
      "# My camera\n\n# How to reach it\n[server]\nport = 80        # as the others\n",
    );
    expect(without).not.toContain("door\n[[");
  });

  test("an item that comes or goes leaves the others as they were written", () => {
    const third = { name: "roof", points: [[0, 0]] };
    expect(toml(file, (document) => document.alarm.zones.push(third))).toBe(
      `${file}\n[[alarm.zones]]\nname = "roof"\npoints = [[0, 0]]\n`,
    );
    const first = toml(file, (document) => document.alarm.zones.unshift(third));
    expect(first).toContain('# The door\n\n[[alarm.zones]]\nname = "roof"');
    expect(first).toContain('name = "door"    # front\n');
    expect(toml(file, (document) => document.alarm.zones.shift())).toContain(
      '# The path\n[[alarm.zones]]\nname = "path"\n',
    );
    const none = toml(file, (document) => Object.assign(document.alarm, { zones: [] }));
    expect(none).toContain("zones = []\n");
    expect(none).toContain("# The door\n");
    const outputs = [{ gpio: 4 }, { gpio: 5, classes: ["knife"] }];
    expect(toml(file, (document) => (document.outputs = outputs))).toBe(
      `${file}\n[[outputs]]\ngpio = 4\n\n[[outputs]]\ngpio = 5\nclasses = ["knife"]\n`,
    );
  });

  test.each([
    ["a section in one line", "alarm = { k = 3, n = 5 } # short\n", "alarm = { k = 4, n = 5 } # short\n"],
    ["dotted keys", "alarm.k = 3 # a\nalarm.n = 5\n", "alarm.k = 4 # a\nalarm.n = 5\n"],
    ["quoted keys", '["alarm"]\n"k"=3\n\'n\'=5', '["alarm"]\n"k"=4\n\'n\'=5'],
    ["lines of Windows", "[alarm]\r\nk = 3\r\nn = 5\r\n", "[alarm]\r\nk = 4\r\nn = 5\r\n"],
    ["another base", "[alarm]\nk = 0x3 # hex\nn = 5", "[alarm]\nk = 4 # hex\nn = 5"],
  ])("%s stays one", (_what, before, after) => {
    expect(toml(before, (document) => (document.alarm.k = 4))).toBe(after);
    toml(before, (document) => (document.alarm.holdSeconds = 1));
    toml(before, (document) => delete document.alarm.k);
  });

  test("text with every sign that means something comes back as it was", () => {
    const wild = "\"quotes\" 'both' \\ # [x] = {y}\n\t\u00e9\u{1f512}\u0000";
    toml(file, (document) => (document.dataDir = wild));
    json("{}", (document) => (document.dataDir = wild));
  });
});

const jsonFile = `{
  // How to reach it
  "server": { "port": 80 }, // as the others
  "alarm": {
    "k": 3, /* of */
    "n": 5 // frames
  }
}
`;

describe("JSON", () => {
  test("a value is exchanged in its place, and nothing else", () => {
    expect(json(jsonFile, (document) => (document.alarm.k = 4))).toBe(jsonFile.replace("3,", "4,"));
  });

  test("a key that is new comes last, behind the comment of the one before", () => {
    expect(json(jsonFile, (document) => (document.alarm.holdSeconds = 2))).toBe(
      jsonFile.replace("5 // frames", '5, // frames\n    "holdSeconds": 2'),
    );
    expect(json(jsonFile, (document) => (document.server.host = "::"))).toBe(
      jsonFile.replace("80 }", '80, "host": "::" }'),
    );
    expect(json("{}\n", (document) => (document.log = { level: "warn" }))).toBe(
      '{\n  "log": {\n    "level": "warn"\n  }\n}\n',
    );
    expect(json("{ // nothing\n}\n", (document) => (document.dataDir = "x"))).toContain("// nothing");
  });

  test("a key that goes takes its comma, and leaves the comments of others", () => {
    expect(json(jsonFile, (document) => delete document.alarm.n)).toContain('"k": 3 /* of */');
    expect(json(jsonFile, (document) => delete document.alarm.k)).toContain("// frames");
    expect(json(jsonFile, (document) => Reflect.deleteProperty(document, "server"))).toContain(
      "// How to reach it",
    );
    json(jsonFile, (document) => Reflect.deleteProperty(document, "alarm"));
  });
});

describe("any change to any document is made, without the file being written anew", () => {
  test.each(["toml", "json"] as const)("%s", (format) => {
    const random = randomFrom(8);
    const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)]!;
    const value = () =>
      pick([() => 7, () => -0.5, () => 'a # b, [c] "d"', () => true, () => [1, [2, "x"]], () => []])();
    const section = (): Document => Object.fromEntries(["k", "n", "hold-ms"].map((key) => [key, value()]));
    const list = () => Array.from({ length: 1 + Math.floor(random() * 3) }, section);
    const change = (document: Document) => {
      const name = pick(["alarm", "server", "log"]);
      document[name] ??= {};
      const inner = document[name] as Document;
      pick([
        () => (inner[pick(["k", "n", "new key"])] = value()),
        () => delete inner[pick(["k", "n", "zones"])],
        () => delete document[name],
        () => (inner.zones = list()),
        () => (document.outputs = list()),
        () => (document.outputs as Document[] | undefined)?.pop(),
        () => (inner.zones as Document[] | undefined)?.splice(1, 1, section()),
        () => (document.dataDir = value()),
      ])();
      // What is empty is not written.
      if (Object.keys((document[name] as Document | undefined) ?? {}).length === 0) delete document[name];
    };
    let text = format === "toml" ? file : jsonFile;
    for (let step = 0; step < 300; step++) text = edited(text, format, change);
    expect(text).toContain(format === "toml" ? "# My camera" : "// How to reach it");
  });
});
