import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Box, Detection } from "../detect/detection.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { round } from "../round.ts";

type Row = [label: string, isWeapon: 0 | 1, score: number, ...Box];

/**
 * Detections that were computed before, in a file: other alarm settings need no other detections. Lines are appended
 * as they come, so that a run that is broken off loses nothing; half a line at the end is passed over.
 */
export class DetectionCache {
  readonly #path: string;
  readonly #rows = new Map<string, Row[]>();

  /**
   * @param folder made if it is not there
   * @param name tells apart what must not be mixed: the model, and the scores that are kept
   * @throws XnorcamError XC_OUTPUT_UNWRITABLE
   */
  constructor(folder: string, name: string) {
    this.#path = join(folder, `${name}.jsonl`);
    try {
      mkdirSync(folder, { recursive: true });
      // Ends the half line that a broken run may have left; an empty line does no harm.
      appendFileSync(this.#path, existsSync(this.#path) ? "\n" : "");
    } catch (error) {
      throw new XnorcamError(
        "XC_OUTPUT_UNWRITABLE",
        `cannot write "${this.#path}": ${messageOf(error)}; check --cache, its permissions and the free space`,
        { cause: error },
      );
    }
    for (const line of readFileSync(this.#path, "utf8").split("\n")) this.#read(line);
  }

  /** What is kept under the key, else what `compute` finds, which is kept from now on. */
  get(key: string, compute: () => Detection[]): Detection[] {
    let rows = this.#rows.get(key);
    if (rows === undefined) {
      rows = compute().map(({ label, isWeapon, score, box }) => [
        label,
        isWeapon ? 1 : 0,
        round(score, 5),
        ...(box.map((side) => round(side, 2)) as Box),
      ]);
      this.#rows.set(key, rows);
      appendFileSync(this.#path, `${JSON.stringify([key, rows])}\n`);
    }
    return rows.map(([label, isWeapon, score, ...box]) => ({ label, isWeapon: isWeapon === 1, score, box }));
  }

  #read(line: string): void {
    try {
      const [key, rows] = JSON.parse(line) as [string, Row[]];
      this.#rows.set(key, rows);
    } catch {
      // Half a line, or an empty one.
    }
  }
}
