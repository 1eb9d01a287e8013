import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { confirmScoresAt } from "../../src/detect/head.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { ModelFile } from "../../src/nn/model-file.ts";
import { writeModelFile } from "../../src/nn/write-model-file.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";

interface Head {
  classes: string[];
  thresholds: number[];
  outputs: object[];
  operatingPoints?: Record<string, number[]>;
}

/** The bundled model with its section `detection` changed; returns the path of the copy. */
function withHead(change: (head: Head) => void): string {
  const model = ModelFile.parse(readFileSync(bundledModel), bundledModel);
  const graph = JSON.parse(model.metadata.graph!) as { detection: Head };
  change(graph.detection);
  const path = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "changed.safetensors");
  writeFileSync(path, writeModelFile({ ...model.metadata, graph: JSON.stringify(graph) }, model.tensors));
  return path;
}

const withPoints = () =>
  withHead((head) => {
    head.thresholds = head.classes.map(() => 0.4);
    head.operatingPoints = {
      quiet: head.classes.map(() => 0.7),
      normal: head.classes.map(() => 0.4),
      alert: head.classes.map(() => 0.05),
    };
  });

describe("operating points", () => {
  test("let fewer or more detections pass, and those of the quieter are among those of the louder", async () => {
    const detector = PictureDetector.load(withPoints());
    const picture = await decodePicture(fixture("pictures/parity-09.png"));
    const [quiet, normal, alert] = (["quiet", "normal", "alert"] as const).map((name) => {
      const thresholds = detector.thresholdsAt(name);
      return detector.detect(picture, { thresholds }).detections;
    });
    expect(detector.detect(picture).detections).toEqual(normal);
    expect(alert!.length).toBeGreaterThan(normal!.length);
    expect(alert).toEqual(expect.arrayContaining(normal!));
    expect(normal).toEqual(expect.arrayContaining(quiet!));
    for (const { score } of quiet!) expect(score).toBeGreaterThanOrEqual(0.7);
  });

  test("confirm each other: the next quieter one does", () => {
    const { head } = PictureDetector.load(withPoints());
    const of = (name: "quiet" | "normal" | "alert") => confirmScoresAt(head, name).knife;
    expect([of("alert"), of("normal"), of("quiet")]).toEqual([0.4, 0.7, 0.7]);
    const { operatingPoints: _, ...single } = head;
    expect(confirmScoresAt(single, "normal")).toEqual({});
  });

  test("a file without them has its thresholds as normal, and no other", () => {
    const path = withHead((head) => {
      delete head.operatingPoints;
    });
    const detector = PictureDetector.load(path);
    expect(detector.thresholdsAt("normal")).toEqual(detector.head.thresholds);
    expect(() => detector.thresholdsAt("quiet")).toThrow(
      `${path}: has no operating point "quiet", only "normal": export it anew, or set model.sensitivity to "normal"`,
    );
  });

  test("an output with anchors needs as many channels as they have fields", () => {
    const path = withHead((head) => {
      const anchors = { sizes: [[10, 20]], classScores: "logistic", centerScale: 1 };
      Object.assign(head.outputs[0]!, { anchors });
    });
    expect(() => PictureDetector.load(path)).toThrow(
      `${path}: layer head8 has 14 channels, its classes need 15`,
    );
  });

  test.each([
    ["a list of another length", { quiet: [0.5] }, /operatingPoints\.quiet needs one number for each of 10/],
    ["thresholds that rise", { quiet: Array(10).fill(0.1) }, /rise from quiet to alert for person/],
    ["normal that differs", { normal: Array(10).fill(0.3) }, /normal differs from thresholds for person/],
    ["a missing point", { alert: undefined }, /operatingPoints\.alert/],
  ])("with %s are refused", (_, points, message) => {
    const path = withHead((head) => {
      head.thresholds = Array(10).fill(0.2);
      const list = { quiet: Array(10).fill(0.6), normal: Array(10).fill(0.2), alert: Array(10).fill(0.1) };
      head.operatingPoints = { ...list, ...points } as Record<string, number[]>;
    });
    expect(() => PictureDetector.load(path)).toThrow(message);
  });
});

test("weak detections go down to the share of the threshold that was asked for, and hide no sure one", async () => {
  const detector = PictureDetector.load(bundledModel);
  const picture = await decodePicture(fixture("pictures/parity-03.png"));
  const sure = detector.detect(picture, { threshold: 0.3 });
  const { detections, weak } = detector.detect(picture, { threshold: 0.3, weakShare: 0.5 });
  expect(sure.weak).toEqual([]);
  expect(detections).toEqual(sure.detections);
  expect(weak.length).toBeGreaterThan(0);
  for (const { score } of weak) {
    expect(score).toBeLessThan(0.3);
    expect(score).toBeGreaterThanOrEqual(0.15);
  }
});
