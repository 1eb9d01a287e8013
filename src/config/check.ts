import { KindGuard, type TObject, type TSchema } from "@sinclair/typebox";
import { Value, type ValueError, ValueErrorType } from "@sinclair/typebox/value";
import { nearest } from "../nearest.ts";
import { crossingEdges, type Point } from "../polygon.ts";
import { withoutCredentials } from "../redact.ts";
import { expectedBy } from "./expected.ts";
import { type KeyPath, keyInWords, pathOfPointer, type SettingsProblem } from "./key-path.ts";
import { type Config, configSchema } from "./schema.ts";

/** Settings that were checked, or everything that is wrong with them. */
export type Checked = { config: Config } | { problems: SettingsProblem[] };

/** Fills in the defaults and finds every problem: shape, ranges, unknown keys, keys that contradict each other. */
export function checkConfig(given: unknown): Checked {
  const complete = Value.Default(configSchema, structuredClone(given));
  const errors = [...sectionsForLists(given), ...Value.Errors(configSchema, complete)];
  if (errors.length > 0) return { problems: shapeProblems(errors) };
  const config = complete as Config;
  const problems = contradictions(config);
  return problems.length > 0 ? { problems } : { config };
}

/** "[outputs]" for "[[outputs]]": filling in the defaults makes a list of it, which has nothing of what it says. */
function sectionsForLists(given: unknown): ValueError[] {
  return [...Value.Errors(configSchema, given)].filter(
    ({ type, value }) => type === ValueErrorType.Array && value !== undefined,
  );
}

function shapeProblems(errors: readonly ValueError[]): SettingsProblem[] {
  const firstByPath = new Map<string, ValueError>();
  for (const error of errors) if (!firstByPath.has(error.path)) firstByPath.set(error.path, error);
  return [...firstByPath.values()].map((error) => ({
    path: pathOfPointer(error.path),
    message: describe(error),
  }));
}

function describe(error: ValueError): string {
  const path = keyInWords(pathOfPointer(error.path));
  if (error.type === ValueErrorType.ObjectAdditionalProperties) return unknownKey(error, path);
  const expected = expectedBy(error.schema);
  if (isOfWrongLength(error)) return `${path} has ${error.value.length} entries, expected ${expected}`;
  if (error.value === undefined) return `${path} is missing, expected ${expected}`;
  if (isSecret(error.schema)) return `${path} does not fit, expected ${expected}`;
  return `${path || "the file"} is ${found(error.value)}, expected ${expected}`;
}

/** Of a list that is too short or too long its length says more than its entries. */
function isOfWrongLength(error: ValueError): error is ValueError & { value: unknown[] } {
  const isLength = error.type === ValueErrorType.ArrayMinItems || error.type === ValueErrorType.ArrayMaxItems;
  return isLength && (error.value as unknown[]).length > 0;
}

function unknownKey(error: ValueError, path: string): string {
  const key = pathOfPointer(error.path).at(-1) ?? "";
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

function isSecret({ writeOnly }: TSchema): boolean {
  return writeOnly === true;
}

/** The names of keys whose values are shown nowhere, such as "password". */
function secretKeys(schema: TSchema): string[] {
  if (KindGuard.IsArray(schema)) return secretKeys(schema.items);
  if (!KindGuard.IsObject(schema)) return [];
  return Object.entries<TSchema>(schema.properties).flatMap(([key, value]) =>
    isSecret(value) ? [key] : secretKeys(value),
  );
}

const secrets: ReadonlySet<string> = new Set(secretKeys(configSchema));

function found(value: unknown): string {
  const shown = (key: string, inner: unknown) => (secrets.has(key) ? "…" : inner);
  const json = typeof value === "number" ? String(value) : (JSON.stringify(value, shown) ?? String(value));
  // An address that was written without "ffmpeg:", such as that of a camera with its password.
  const text = withoutCredentials(json);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Sums of decimal fractions may be a hair over 1. */
const wholeOfIt = 1 + 1e-9;

/** "(0.1, 0.2)–(0.5, 0.2)" */
function edgeOf(points: readonly Point[], edge: number): string {
  const ends = [points[edge]!, points[(edge + 1) % points.length]!];
  return ends.map(([x, y]) => `(${x}, ${y})`).join("–");
}

function contradictions(config: Config): SettingsProblem[] {
  const { alarm, camera, outputs, inputs, mqtt, webhooks } = config;
  const problems: SettingsProblem[] = [];
  if (alarm.k > alarm.n) {
    problems.push(at(["alarm", "k"], `is ${alarm.k}, expected at most alarm.n, which is ${alarm.n}`));
  }
  const [left = 0, top = 0, width = 1, height = 1] = camera.roi ?? [];
  if (width === 0 || height === 0 || left + width > wholeOfIt || top + height > wholeOfIt) {
    const what = "left, top, width and height of a part of the picture, as fractions of it";
    problems.push(at(["camera", "roi"], `is ${found(camera.roi)}, expected ${what}`));
  }
  for (const [index, { name, points }] of alarm.zones.entries()) {
    const zone = ["alarm", "zones", String(index)];
    if (alarm.zones.findIndex((other) => other.name === name) < index) {
      problems.push(at([...zone, "name"], `is ${found(name)}, which another zone has already`));
    }
    const crossing = crossingEdges(points);
    if (crossing === null) continue;
    const [one, other] = crossing.map((edge) => edgeOf(points, edge));
    problems.push(
      at(
        [...zone, "points"],
        `(${found(name)}): the edge ${one} meets the edge ${other}, expected corners in order`,
      ),
    );
  }
  return [
    ...problems,
    ...silentOutputs({ alarm, outputs }),
    ...doubledPins({ outputs, inputs }),
    ...untellable({ mqtt, webhooks }),
  ];
}

/** Ways to tell others that contradict each other. */
function untellable({ mqtt, webhooks }: Pick<Config, "mqtt" | "webhooks">): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const both = (path: KeyPath) =>
    at(path, `and ${keyInWords(path)}File are both set, expected one of them: a secret has one place`);
  if (mqtt.password !== null && mqtt.passwordFile !== null) problems.push(both(["mqtt", "password"]));
  if (mqtt.url !== null && !URL.canParse(mqtt.url)) {
    problems.push(at(["mqtt", "url"], `is ${found(mqtt.url)}, which is no address`));
  }
  for (const [index, { name, url, secret, secretFile }] of webhooks.entries()) {
    const hook = ["webhooks", String(index)];
    const first = webhooks.findIndex((other) => other.name === name);
    if (first < index) {
      problems.push(at([...hook, "name"], `is ${found(name)}, which webhooks[${first}] has already`));
    }
    if (!URL.canParse(url)) problems.push(at([...hook, "url"], `is ${found(url)}, which is no address`));
    if (secret !== null && secretFile !== null) problems.push(both([...hook, "secret"]));
  }
  return problems;
}

/** "alarm.k is 6, …" */
function at(path: KeyPath, complaint: string): SettingsProblem {
  return { path, message: `${keyInWords(path)} ${complaint}` };
}

/** Outputs that wait for an alarm that can't come. */
function silentOutputs({ alarm, outputs }: Pick<Config, "alarm" | "outputs">): SettingsProblem[] {
  const raising = new Set([...alarm.classes, ...(alarm.homeClasses ?? [])]);
  const watched = alarm.zones.filter(({ kind }) => kind === "watch").map(({ name }) => name);
  return outputs.flatMap(({ classes, zones }, index) => {
    const problems: SettingsProblem[] = [];
    const output = ["outputs", String(index)];
    const silent = classes.find((name) => !raising.has(name));
    if (silent !== undefined) {
      const expected = `some of alarm.classes, ${[...raising].join(", ")}`;
      problems.push(
        at([...output, "classes"], `has "${silent}", which raises no alarm: expected ${expected}`),
      );
    }
    const unwatched = zones.find((name) => !watched.includes(name));
    if (unwatched !== undefined) {
      const expected =
        watched.length === 0 ? "one that alarm.zones defines" : `some of alarm.zones, ${watched.join(", ")}`;
      problems.push(
        at([...output, "zones"], `has "${unwatched}", which is no zone to watch: expected ${expected}`),
      );
    }
    return problems;
  });
}

function doubledPins(lists: Pick<Config, "outputs" | "inputs">): SettingsProblem[] {
  const pins = Object.entries(lists).flatMap(([list, entries]) =>
    entries.map(({ gpio }, index) => ({ gpio, path: [list, String(index)] })),
  );
  return pins.flatMap(({ gpio, path }, index) => {
    const first = pins.findIndex((pin) => pin.gpio === gpio);
    if (first === index) return [];
    return [at([...path, "gpio"], `is ${gpio}, which ${keyInWords(pins[first]!.path)} has already`)];
  });
}
