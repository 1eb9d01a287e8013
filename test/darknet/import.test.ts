import { describe, expect, it } from "vitest";
import { parseCfg } from "../../src/darknet/cfg.ts";
import { importDarknet } from "../../src/darknet/import.ts";
import { readLayers } from "../../src/darknet/layers.ts";
import { type DarknetWeights, readWeights } from "../../src/darknet/weights.ts";
import { messageOf } from "../../src/errors.ts";
import { darknetFiles } from "../helpers/darknet.ts";

const files = darknetFiles("float");
const headerBytes = 20;

/** Changes the cfg. */
const withCfg = (change: (text: string) => string) => ({
  ...files,
  cfg: { ...files.cfg, text: change(files.cfg.text) },
});

/** Replaces the first of a text that has to be there. */
function replace(from: string, to: string) {
  return (text: string) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  };
}

/** None of them too large alone. */
function groupedConvolutions(count: number): string {
  return `${"[convolutional]\nfilters=2048\ngroups=8\nsize=1\n".repeat(count)}[shortcut]`;
}

const withBytes = (bytes: Uint8Array) => ({ ...files, weights: { ...files.weights, bytes } });

function refusal(changed: typeof files, weapons: readonly string[] = []): string {
  try {
    importDarknet(changed, { name: "float", weapons });
  } catch (error) {
    expect(error).toMatchObject({ code: "XC_DARKNET_INVALID" });
    expect(messageOf(error)).not.toContain("\n");
    return messageOf(error);
  }
  throw new Error("it was imported");
}

describe("a cfg that cannot be imported", () => {
  it.each<[string, (text: string) => string, string]>([
    [
      "an unknown section",
      replace("[shortcut]", "[lstm]"),
      "line 40: [lstm] is not supported, known are convolutional",
    ],
    [
      "an unknown option",
      replace("from=-2", "form=-2\nfrom=-2"),
      "line 41, [shortcut]: form is not known here",
    ],
    [
      "a layer that refers forward",
      replace("from=-2", "from=4"),
      "line 41, [shortcut]: from names layer 4, but this is layer 4: a layer reads only what is before it",
    ],
    [
      "a route that refers forward",
      replace("layers=-1, 5", "layers=-1, 15"),
      "layers names layer 15, but this is layer 14",
    ],
    [
      "a layer before the first",
      replace("from=-2", "from=-9"),
      "from names -9, but there are 4 layers before this one",
    ],
    ["a head as a map", replace("layers=-3", "layers=-1"), "layers names layer 11, which is a head"],
    ["a layer right behind a head", replace("[route]\nlayers=-3\n", ""), "stands behind a head"],
    ["no heads", (text) => text.replace(/\[yolo\][\s\S]*$/, ""), "has no [yolo] or [region] layer"],
    [
      "something before [net]",
      (text) => text.slice(text.indexOf("[convolutional]")),
      "line 1: a cfg begins with [net], not convolutional",
    ],
    ["nothing", () => "", "line 1: a cfg begins with [net], not nothing"],
    [
      "an option before any section",
      (text) => `width=3\n${text}`,
      "line 1: width stands before any [section]",
    ],
    [
      "a line of nonsense",
      replace("from=-2", "from"),
      'line 41: "from" is neither a [section] nor key=value',
    ],
    [
      "a name without an end",
      replace("[shortcut]", "[shortcut"),
      'line 40: "[shortcut" is no name of a section',
    ],
    ["no width", replace("width=96", ""), "line 2, [net]: width is missing"],
    ["a gray picture", replace("channels=3", "channels=1"), "line 6, [net]: channels is 1, expected 3"],
    [
      "a word in place of a number",
      replace("filters=6", "filters=many"),
      "filters is many, expected a number from 1 to 4096",
    ],
    ["a broken number", replace("filters=6", "filters=6.5"), "filters is 6.5, expected a whole number"],
    [
      "an unknown activation",
      replace("activation=relu", "activation=mish"),
      "activation is mish, known are linear, leaky, relu, logistic",
    ],
    [
      "an option that changes what is computed",
      replace("groups=2", "groups=2\ndilation=2"),
      "dilation=2 is not supported, only dilation=1",
    ],
    [
      "groups that do not divide",
      replace("groups=2", "groups=3"),
      "groups is 3, which does not divide 8 channels and 8 filters",
    ],
    [
      "groups that would make too large a convolution",
      (text) => text.replaceAll("filters=8\n", "filters=4096\n"),
      "line 33, [convolutional]: groups are imported as one convolution with zeros between them, up to here of 150994944 weights; the limit is 16777216",
    ],
    [
      "groups of several layers that would together make too large a convolution",
      replace("[shortcut]", groupedConvolutions(5)),
      "line 58, [convolutional]: groups are imported as one convolution with zeros between them, up to here of 16794176 weights; the limit is 16777216",
    ],
    [
      "a route that multiplies channels",
      replace("[shortcut]", `${"[route]\nlayers=-1,-1,-1,-1,-1,-1,-1,-1,-1,-1\n".repeat(3)}[shortcut]`),
      "line 44, [route]: makes a map of 24×16×8000; the limit is 4096 in width, height and channels",
    ],
    [
      "upsamplings that multiply pixels",
      replace("[shortcut]", `${"[upsample]\nstride=32\n".repeat(200)}[shortcut]`),
      "line 42, [upsample]: makes a map of 24576×16384×8; the limit is 4096 in width, height and channels",
    ],
    [
      "too many layers",
      replace("[shortcut]", `${"[shortcut]\nfrom=-1\n".repeat(1000)}[shortcut]`),
      "line 2032, [shortcut]: is layer 1001; the limit is 1000",
    ],
    [
      "a head of another size",
      replace("filters=21", "filters=20"),
      "reads 20 channels, but 3 anchors of 2 classes need 21: set filters=21",
    ],
    [
      "a mask without its anchor",
      replace("mask=1,2,3", "mask=1,2,4"),
      "mask names anchor 4, there are 0 to 3",
    ],
    ["anchors of another number", replace("num=4", "num=5"), "num is 5, but there are 4 anchors"],
    ["maps that do not fit", replace("layers=-1, 5", "layers=-1, 3"), "joins maps of 12×8×10 and 24×16×8"],
    [
      "a size that cells do not divide",
      replace("width=96", "width=90"),
      "does not divide the picture of 90×64 evenly",
    ],
    [
      "a window larger than its map",
      replace("[maxpool]\nsize=2\nstride=1", "[maxpool]\nsize=15\npadding=0\nstride=1"),
      "does not fit its input",
    ],
    [
      "an upsampling by three",
      replace("stride=2\n\n# 14", "stride=3\n\n# 14"),
      "stride is 3, expected a power of two",
    ],
  ])("%s is told with its line", (_, change, message) => {
    const told = refusal(withCfg(change));
    expect(told).toMatch(/^float\.cfg: /);
    expect(told).toContain(message);
  });
});

describe("weights that do not fit", () => {
  const { bytes } = files.weights;

  it("are told to be too short, where and by how much", () => {
    expect(refusal(withBytes(bytes.slice(0, 700)))).toBe(
      "float.weights: ends at byte 700, but weights of layer 0 ([convolutional], line 9 of float.cfg) need 648 bytes from byte 116; it is 700 bytes long, the cfg asks for 14300",
    );
    expect(refusal(withBytes(bytes.slice(0, -1)))).toContain(
      "weights of layer 15 ([convolutional], line 103 of float.cfg) need",
    );
  });

  it("are told to be too long, and where they should end", () => {
    expect(refusal(withBytes(Buffer.concat([bytes, Buffer.alloc(12)])))).toBe(
      "float.weights: 12 bytes follow at byte 14300, where the last convolutional layer of float.cfg ends; it is 14312 bytes long, the cfg asks for 14300",
    );
  });

  it.each([
    [0, "is 0 bytes long, expected a header of 16 at least"],
    [18, "is 18 bytes long, expected a header of 20"],
  ])("are told to lack their header: %i bytes", (length, message) => {
    expect(refusal(withBytes(bytes.slice(0, length)))).toBe(`float.weights: ${message}`);
  });

  it("are told to be of another kind", () => {
    expect(refusal(withBytes(Buffer.from("PK\x03\x04 this is an archive")))).toMatch(
      /^float\.weights: begins with version \d+\.\d+: not a weights file of Darknet$/,
    );
  });

  it("are told to hold what is no number", () => {
    const changed = Buffer.from(bytes);
    changed.writeFloatLE(Number.NaN, headerBytes + 4 * 8);
    expect(refusal(withBytes(changed))).toBe(
      "float.weights: scales of layer 0 ([convolutional], line 9 of float.cfg) hold NaN at index 2",
    );
  });

  it("are told to make too large a model", () => {
    const convolution = (filters: number) => `[convolutional]\nfilters=${filters}\nactivation=linear\n`;
    const layers = [4096, 4096, 14].map(convolution).join("");
    const text = `[net]\nwidth=8\nheight=8\n${layers}[yolo]\nclasses=2\nnum=2\nanchors=1,1,2,2\n`;
    const count = 4096 * (1 + 3) + 4096 * (1 + 4096) + 14 * (1 + 4096);
    const header = Buffer.alloc(20);
    header.writeInt32LE(2, 4);
    const weights = { source: "large.weights", bytes: Buffer.concat([header, Buffer.alloc(4 * count)]) };
    expect(refusal({ ...files, cfg: { source: "large.cfg", text }, weights })).toMatch(
      /^large\.weights: makes a model of \d+ bytes, the limit is 67108864: take a smaller network, or xnor=1$/,
    );
  });

  it("are told to hold a variance below zero", () => {
    const changed = Buffer.from(bytes);
    changed.writeFloatLE(-1, headerBytes + 4 * 18);
    expect(refusal(withBytes(changed))).toBe(
      "float.weights: variances of layer 0 ([convolutional], line 9 of float.cfg) hold -1 at index 0",
    );
  });

  it("are told to make what is no number, though they are", () => {
    const changed = Buffer.from(bytes);
    for (let i = 1; i <= 100; i++) changed.writeFloatLE(3e38, bytes.length - 4 * i);
    expect(refusal(withBytes(changed))).toContain("makes values of the network that are no numbers");
  });
});

describe("the header", () => {
  const network = readLayers(parseCfg(files.cfg.text, "float.cfg"), "float.cfg");
  const read = (bytes: Uint8Array): DarknetWeights =>
    readWeights(network, { bytes, weights: "float.weights", cfg: "float.cfg" });

  /** Version and count as before 0.2, then the same numbers. */
  function old(minor: number): Buffer {
    const header = Buffer.alloc(16);
    header.writeInt32LE(minor, 4);
    header.writeUInt32LE(4711, 12);
    return Buffer.concat([header, files.weights.bytes.slice(headerBytes)]);
  }

  it("counts pictures in 64 bits", () => {
    expect(read(files.weights.bytes).seen).toBe(64_000);
  });

  it("of an old version counts them in 32, and the same numbers follow", () => {
    const weights = read(old(1));
    expect(weights.seen).toBe(4711);
    expect(weights.convolutions).toEqual(read(files.weights.bytes).convolutions);
  });

  it("that is old under a new version is told", () => {
    expect(refusal(withBytes(old(2)))).toMatch(
      /^float\.weights: .*its header is an old one of 16 bytes, though its version says 20; write version 0\.1 into it$/,
    );
  });

  it("that is new under an old version is told", () => {
    const changed = Buffer.from(files.weights.bytes);
    changed.writeInt32LE(1, 4);
    expect(refusal(withBytes(changed))).toMatch(
      /its header is one of 20 bytes, though its version says 16; write version 0\.2 into it$/,
    );
  });
});

describe("names that do not fit", () => {
  it("are told with the head that wants others", () => {
    const names = { source: "few.names", text: "person\n\n" };
    expect(refusal({ ...files, names })).toBe(
      "few.names: has 1 names, but [yolo] on line 82 of float.cfg has 2 classes",
    );
  });

  it("are told to lack a weapon", () => {
    expect(refusal(files, ["knife", "sword"])).toBe(
      "two.names: has no class sword, which is to be a weapon: its classes are person, knife",
    );
  });
});
