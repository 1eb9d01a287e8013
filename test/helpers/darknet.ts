import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DarknetFiles, importDarknet } from "../../src/darknet/import.ts";
import { anchorCandidates } from "../../src/detect/decode-anchors.ts";
import type { Box } from "../../src/detect/detection.ts";
import { ModelDetector } from "../../src/detect/model-detector.ts";
import { type Backend, referenceBackend } from "../../src/nn/backend.ts";
import { ModelFile } from "../../src/nn/model-file.ts";
import { fixture } from "./paths.ts";

export type NetworkName = "float" | "region" | "xnor";

const names = { float: "two.names", region: "three.names", xnor: "two.names" } as const;

/** A network of test/fixtures/darknet. @param folder of its weights, where these are others */
export function darknetFiles(name: NetworkName, folder: string = fixture("darknet")): DarknetFiles {
  const text = (file: string) => readFileSync(fixture(`darknet/${file}`), "utf8");
  return {
    cfg: { source: `${name}.cfg`, text: text(`${name}.cfg`) },
    weights: { source: `${name}.weights`, bytes: readFileSync(join(folder, `${name}.weights`)) },
    names: { source: names[name], text: text(names[name]) },
  };
}

export function imported(files: DarknetFiles, backend: Backend = referenceBackend()): ModelDetector {
  const file = importDarknet(files, { name: "imported", weapons: [] });
  return new ModelDetector(ModelFile.parse(file, "imported"), backend);
}

/** The bytes of `noise` in scripts/darknet/make_fixtures.py. */
export function fillWithNoise(bytes: Uint8Array): void {
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
}

/** What an anchor of a cell sees. */
export interface SeenBox {
  /** Shares of the input. */
  readonly box: Box;
  readonly scores: readonly number[];
}

/** Everything that the heads see in the noise, level by level, cell by cell, anchor by anchor. */
export function seenInNoise({ engines, head }: ModelDetector): SeenBox[] {
  const { width, height } = engines.limits;
  const { engine, levels } = engines.engineFor(width, height);
  fillWithNoise(engine.input);
  engine.run();
  const classes = head.classes.length;
  const all = head.classes.map(() => 0);
  const candidates = levels.flatMap((level) => [...anchorCandidates(level, level.anchors!, all)]);
  return Array.from({ length: candidates.length / classes }, (_, i) => {
    const [first, ...rest] = candidates.slice(i * classes, (i + 1) * classes);
    const [left, top, boxWidth, boxHeight] = first!.box;
    return {
      box: [left / width, top / height, boxWidth / width, boxHeight / height],
      scores: [first!, ...rest].map(({ score }) => score),
    };
  });
}

/** The same, as OpenCV's dnn or Darknet saw it: NAME.json that scripts/darknet/make_fixtures.py wrote. */
export function seenByReferee(name: NetworkName, folder: string = fixture("darknet")): SeenBox[] {
  const heads = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as number[][][];
  return heads.flat().map((row) => {
    const [x, y, width, height, , ...scores] = row as [number, number, number, number, number, ...number[]];
    return { box: [x - width / 2, y - height / 2, width, height], scores };
  });
}

/**
 * The largest difference of a side of a box or of a score. Scores of 0 do not count: OpenCV writes them behind a region
 * layer for what a better box of the class hides.
 */
export function largestDifference(seen: readonly SeenBox[], referee: readonly SeenBox[]): number {
  const isHidden = referee.flatMap(({ scores }) => scores.map((score) => score === 0));
  const hidden = isHidden.filter(Boolean).length;
  if (seen.length !== referee.length || hidden > isHidden.length / 2) return Number.POSITIVE_INFINITY;
  const differences = seen.flatMap(({ box, scores }, i) => {
    const other = referee[i]!;
    const sides = box.map((side, k) => Math.abs(side - other.box[k]!));
    return [
      ...sides,
      ...scores.map((score, k) => (other.scores[k] === 0 ? 0 : Math.abs(score - other.scores[k]!))),
    ];
  });
  return Math.max(...differences);
}
