import { KindGuard, type TObject, type TSchema } from "@sinclair/typebox";
import { Value, type ValueError, ValueErrorType } from "@sinclair/typebox/value";
import { nearest } from "../nearest.ts";
import { expectedBy } from "./expected.ts";
import { type Config, configSchema } from "./schema.ts";

/** Settings that were checked, or everything that is wrong with them, one line each. */
export type Checked = { config: Config } | { problems: string[] };

/** Fills in the defaults and finds every problem: shape, ranges, unknown keys, keys that contradict each other. */
export function checkConfig(given: unknown): Checked {
  const complete = Value.Default(configSchema, structuredClone(given));
  const errors = [...Value.Errors(configSchema, complete)];
  if (errors.length > 0) return { problems: shapeProblems(errors) };
  const config = complete as Config;
  const problems = contradictions(config);
  return problems.length > 0 ? { problems } : { config };
}

function shapeProblems(errors: readonly ValueError[]): string[] {
  const firstByPath = new Map<string, ValueError>();
  for (const error of errors) if (!firstByPath.has(error.path)) firstByPath.set(error.path, error);
  return [...firstByPath.values()].map(describe);
}

function describe(error: ValueError): string {
  const path = keyPath(error.path);
  if (error.type === ValueErrorType.ObjectAdditionalProperties) return unknownKey(error, path);
  const expected = expectedBy(error.schema);
  if (error.value === undefined) return `${path} is missing, expected ${expected}`;
  return `${path || "the file"} is ${found(error.value)}, expected ${expected}`;
}

/** "/outputs/0/gpio" → "outputs[0].gpio" */
function keyPath(pointer: string): string {
  return steps(pointer)
    .map((step, depth) => (/^\d+$/.test(step) ? `[${step}]` : `${depth > 0 ? "." : ""}${step}`))
    .join("");
}

function steps(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function unknownKey(error: ValueError, path: string): string {
  const key = steps(error.path).at(-1) ?? "";
  const { properties } = error.schema as TObject;
  const sibling = nearest(key, Object.keys(properties));
  const hint =
    sibling === undefined ? elsewhere(key) : `${path.slice(0, path.length - key.length)}${sibling}`;
  return `${path} is no setting, ${hint === undefined ? `expected one of ${Object.keys(properties).join(", ")}` : `did you mean ${hint}?`}`;
}

/** A key that was put in the wrong section: "port" → "server.port". */
function elsewhere(key: string): string | undefined {
  for (const [name, schema] of Object.entries<TSchema>(configSchema.properties)) {
    if (KindGuard.IsObject(schema) && Object.hasOwn(schema.properties, key)) return `${name}.${key}`;
  }
  return undefined;
}

function found(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Sums of decimal fractions may be a hair over 1. */
const wholeOfIt = 1 + 1e-9;

function contradictions({ alarm, camera, outputs }: Config): string[] {
  const problems: string[] = [];
  if (alarm.k > alarm.n) {
    problems.push(`alarm.k is ${alarm.k}, expected at most alarm.n, which is ${alarm.n}`);
  }
  const [left = 0, top = 0, width = 1, height = 1] = camera.roi ?? [];
  if (width === 0 || height === 0 || left + width > wholeOfIt || top + height > wholeOfIt) {
    problems.push(
      `camera.roi is ${found(camera.roi)}, expected left, top, width and height of a part of the picture, as fractions of it`,
    );
  }
  const pins = outputs.map((output) => output.gpio);
  for (const [index, pin] of pins.entries()) {
    const first = pins.indexOf(pin);
    if (first < index) problems.push(`outputs[${index}].gpio is ${pin}, which outputs[${first}] has already`);
  }
  return problems;
}
