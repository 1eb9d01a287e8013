import { type Static, type TProperties, Type } from "@sinclair/typebox";

/**
 * The settings: one source of truth for their types, validation, defaults, error messages and
 * `docs/settings.md`. Each key has a default, so that an empty file is a whole configuration.
 */
export const configSchema = section({
  server: section(
    {
      port: Type.Integer({
        default: 8080,
        minimum: 0,
        maximum: 65535,
        description: "TCP port of the dashboard; 0 takes any free one. `PORT` and `--port` go first.",
      }),
      host: Type.String({
        default: "0.0.0.0",
        minLength: 1,
        description: 'Address to listen on; "127.0.0.1" keeps the camera to this machine.',
      }),
      hostNames: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description:
          "Further names under which browsers reach the camera, such as that of a reverse proxy; its addresses and the name of the machine always work.",
      }),
    },
    "The web server.",
  ),
  dataDir: Type.String({
    default: "~/.local/share/xnorcam",
    minLength: 1,
    description:
      "Folder for what the camera keeps (in `$XDG_DATA_HOME` if that is set). `XNORCAM_DATA_DIR` and `--data-dir` go first.",
  }),
  camera: section(
    {
      source: oneOf(
        ["auto", "rpicam", "replay"],
        "auto",
        'Where frames come from: "rpicam" is a camera on the Pi\'s ribbon connector, "replay" the bundled demo; "auto" takes the camera where there is one. `camera.replay` goes first.',
      ),
      replay: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
        default: null,
        description:
          "A folder of pictures, a picture or a video to play in place of a camera. `--replay` goes first.",
      }),
      fps: Type.Number({
        default: 5,
        minimum: 0.1,
        maximum: 60,
        description: "Frames per second. `--fps` goes first.",
      }),
      width: Type.Integer({
        default: 640,
        minimum: 64,
        maximum: 1920,
        multipleOf: 2,
        description:
          "Width of the camera's picture in pixels. The network sees less: more is for the viewers.",
      }),
      height: Type.Integer({
        default: 480,
        minimum: 64,
        maximum: 1080,
        multipleOf: 2,
        description: "Height of the camera's picture in pixels.",
      }),
      rotation: Type.Union([Type.Literal(0), Type.Literal(180)], {
        default: 0,
        description: "180 for a camera that hangs upside down.",
      }),
      hflip: Type.Boolean({ default: false, description: "Whether left and right are exchanged." }),
      vflip: Type.Boolean({ default: false, description: "Whether top and bottom are exchanged." }),
      exposure: oneOf(
        ["normal", "sport", "long"],
        "normal",
        '"sport" prefers short exposures, for less blur; "long" long ones, for less noise.',
      ),
      awb: oneOf(
        ["auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"],
        "auto",
        "White balance.",
      ),
      roi: Type.Union(
        [Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 4, maxItems: 4 }), Type.Null()],
        {
          default: null,
          description:
            "The part of the sensor to look at: left, top, width and height as fractions of it, such as `[0.25, 0.25, 0.5, 0.5]`; without it, all.",
        },
      ),
      loop: Type.Boolean({ default: true, description: "Whether a replay starts again at its end." }),
    },
    "Where the frames come from.",
  ),
  model: section(
    {
      file: Type.String({
        default: "models/xnor-yolo-zero.safetensors",
        minLength: 1,
        description: "The network; without it, the bundled one.",
      }),
      threshold: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
        default: null,
        description: "Lowest score of a detection; without it, the model's own threshold for each class.",
      }),
    },
    "What looks at the frames.",
  ),
  alarm: section(
    {
      classes: Type.Array(Type.String({ minLength: 1 }), {
        default: ["handgun", "rifle", "knife"],
        minItems: 1,
        uniqueItems: true,
        description: "Classes of the model that raise the alarm.",
      }),
      k: Type.Integer({
        default: 3,
        minimum: 1,
        maximum: 1000,
        description: "The alarm goes on when such a class is seen in `k` of the last `n` frames.",
      }),
      n: Type.Integer({ default: 5, minimum: 1, maximum: 1000, description: "See `alarm.k`." }),
      holdSeconds: Type.Number({
        default: 10,
        // Less would let an output chatter with each frame that comes late.
        minimum: 0.5,
        maximum: 86400,
        description: "How long the alarm stays on after the last frame that confirmed it.",
      }),
    },
    "When the alarm goes on.",
  ),
  outputs: Type.Array(
    section({
      gpio: Type.Integer({
        minimum: 0,
        maximum: 27,
        description: "BCM number of a pin of the 40-pin header.",
      }),
      activeLow: Type.Boolean({
        default: false,
        description: "Whether the alarm pulls the pin low, as many relay boards want it.",
      }),
    }),
    {
      default: [{ gpio: 17, activeLow: false }],
      description: "Pins that the alarm switches. An empty list switches none.",
    },
  ),
  log: section(
    {
      level: oneOf(
        ["trace", "debug", "info", "warn", "error", "silent"],
        "info",
        "The least serious messages that are logged.",
      ),
    },
    "Messages.",
  ),
});

/** Complete settings: defaults filled in, paths absolute. */
export type Config = Static<typeof configSchema>;

/** One of a few words. */
function oneOf<const Word extends string>(
  words: readonly Word[],
  fallback: NoInfer<Word>,
  description: string,
) {
  const literals = words.map((word) => Type.Literal(word));
  return Type.Unsafe<Word>(Type.Union(literals, { default: fallback, description }));
}

/** A group of keys, which refuses others; its default lets the defaults of its keys be filled in. */
function section<Properties extends TProperties>(properties: Properties, description?: string) {
  return Type.Object(properties, {
    additionalProperties: false,
    default: {},
    ...(description === undefined ? {} : { description }),
  });
}
