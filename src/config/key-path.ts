/** Where a value is in the settings, step by step; an index counts as text: `["outputs", "0", "gpio"]`. */
export type KeyPath = readonly string[];

/** What is wrong with one setting: a whole line that names it, and where it is. */
export interface SettingsProblem {
  readonly path: KeyPath;
  readonly message: string;
}

/** `["outputs", "0", "gpio"]` → "outputs[0].gpio" */
export function keyInWords(path: KeyPath): string {
  return path
    .map((step, depth) => (/^\d+$/.test(step) ? `[${step}]` : `${depth > 0 ? "." : ""}${step}`))
    .join("");
}

/** A JSON Pointer (RFC 6901): "/outputs/0/gpio" → `["outputs", "0", "gpio"]` */
export function pathOfPointer(pointer: string): KeyPath {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether `path` is `prefix` or something in it. */
export function isWithin(path: KeyPath, prefix: KeyPath): boolean {
  return prefix.every((step, depth) => path[depth] === step);
}
