import { type TProperties, type TSchema, Type } from "@sinclair/typebox";

/** An answer with exactly these keys. */
export function jsonObject<Properties extends TProperties>(properties: Properties, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

/** What may be null. */
export function nullable<Schema extends TSchema>(schema: Schema, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

/** One of some words. */
export function oneOf(...words: string[]) {
  return Type.Union(words.map((word) => Type.Literal(word)));
}

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const ms = Type.Number({ description: "Milliseconds." });
const percentiles = jsonObject({ p50: ms, p99: ms }, "Median and 99th percentile, milliseconds.");

/** `AlarmReport` */
export const alarmSchema = jsonObject(
  {
    phase: oneOf("off", "arming", "watching", "pending", "alarm", "cooldown"),
    mode: oneOf("away", "home", "off"),
    active: Type.Boolean(),
    byHand: nullable(oneOf("test", "panic"), "Where somebody and not the camera set it off."),
    frameId: nullable(count, "The frame that switched it on."),
    reason: nullable(text, "In words; null while nothing raises it."),
    alarms: Type.Array(
      jsonObject(
        {
          label: text,
          zone: nullable(text, "The watched zone."),
          trackId: count,
          score: Type.Number(),
          reason: text,
        },
        "An object that raised it.",
      ),
    ),
    verdicts: Type.Array(
      jsonObject(
        { trackId: count, label: text, raises: Type.Boolean(), reason: text },
        "What was decided of an object in the last frame.",
      ),
    ),
    activeForMs: nullable(ms, "Since it went on."),
    offInMs: nullable(ms, "Until it goes off if nothing more is seen."),
    reactionMs: nullable(ms, "From the capture of the frame to the switched outputs."),
  },
  "The alarm.",
);

/** `CameraStatus` */
export const statusSchema = jsonObject(
  {
    version: text,
    uptimeSeconds: count,
    model: jsonObject(
      {
        name: text,
        classes: Type.Array(text),
        weapons: Type.Array(text),
        inputWidth: count,
        inputHeight: count,
        kernels: text,
      },
      "The network.",
    ),
    camera: jsonObject({ description: text, delivered: count, broken: count }, "Where the frames come from."),
    detector: jsonObject(
      {
        submitted: count,
        processed: count,
        dropped: count,
        fps: Type.Number({ minimum: 0 }),
        latencyMs: nullable(percentiles, "From capture to detections."),
        timings: nullable(
          jsonObject({ letterboxMs: ms, networkMs: ms, decodeMs: ms }, "Of the last frame."),
          "Null before the first frame.",
        ),
        error: nullable(text, "Why there are no detections."),
      },
      "What looks at the frames.",
    ),
    eventLoopDelayMs: nullable(percentiles, "How late the main thread was."),
    alarm: alarmSchema,
    outputs: Type.Array(
      jsonObject(
        {
          kind: oneOf("gpio", "simulated"),
          description: text,
          on: Type.Boolean(),
          error: nullable(text, "Why it can't be switched."),
        },
        "What the alarm switches.",
      ),
    ),
    live: jsonObject(
      {
        viewers: jsonObject({ webSocket: count, mjpeg: count }, "Who watches."),
        encodes: jsonObject({ clean: count, boxed: count }, "Pictures that were encoded."),
        skipped: count,
        cutOff: count,
      },
      "The live view.",
    ),
    load: jsonObject(
      {
        step: Type.Integer({ minimum: 0, maximum: 3 }),
        hot: Type.Boolean(),
        temperatureC: nullable(Type.Number(), "Null where the machine does not tell."),
      },
      "What is left out since the machine is slow or hot.",
    ),
    health: jsonObject(
      {
        status: oneOf("ok", "warning", "failed"),
        checks: Type.Array(
          jsonObject(
            {
              name: text,
              status: oneOf("ok", "warning", "failed"),
              message: text,
              fix: Type.Optional(text),
              measured: Type.Optional(Type.Record(text, Type.Number())),
            },
            "What one check has found.",
          ),
        ),
      },
      "How the machine is.",
    ),
    events: jsonObject(
      {
        events: count,
        bytes: Type.Number({ minimum: 0 }),
        problem: nullable(text, "Why events are not kept."),
        dropped: count,
      },
      "How recording goes.",
    ),
    rssBytes: count,
  },
  "How things stand.",
);
