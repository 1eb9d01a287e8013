import { appendFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DetectionCache } from "../../src/eval/detection-cache.ts";
import { detection } from "../helpers/frame-detections.ts";

const found = [detection("knife", 0.123456, [1.234, 2, 3, 4]), detection("dog", 0.5)];
const kept = [detection("knife", 0.12346, [1.23, 2, 3, 4]), detection("dog", 0.5)];
const never = () => {
  throw new Error("it was computed again");
};

describe("kept detections", () => {
  test("are computed once, in this run and in the next", () => {
    const folder = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "new");
    const cache = new DetectionCache(folder, "model");
    expect(cache.get("a", () => found)).toEqual(kept);
    expect(cache.get("a", never)).toEqual(kept);
    const next = new DetectionCache(folder, "model");
    expect(next.get("a", never)).toEqual(kept);
    expect(next.get("b", () => [])).toEqual([]);
    expect(new DetectionCache(folder, "other").get("a", () => [])).toEqual([]);
  });

  test("outlive a run that was broken off in the middle of a line", () => {
    const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
    new DetectionCache(folder, "model").get("a", () => found);
    appendFileSync(join(folder, "model.jsonl"), '["b", [["kni');
    const next = new DetectionCache(folder, "model");
    next.get("c", () => found);
    const last = new DetectionCache(folder, "model");
    expect([last.get("a", never), last.get("c", never)]).toEqual([kept, kept]);
    expect(last.get("b", () => [])).toEqual([]);
  });

  test("that cannot be written are named", () => {
    const file = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "file");
    writeFileSync(file, "");
    expect(() => new DetectionCache(file, "model")).toThrow(
      /^cannot write ".*file\/model\.jsonl": .*--cache/,
    );
  });
});
