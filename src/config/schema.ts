import { type SchemaOptions, type Static, type TProperties, type TSchema, Type } from "@sinclair/typebox";
import { bundledNetworks } from "../bundled-networks.ts";
import { settingsVersion } from "./migrations.ts";

/**
 * The settings: one source of truth for their types, validation, defaults, error messages and
 * `docs/settings.md`. Each key has a default, so that an empty file is a whole configuration.
 */
export const configSchema = section({
  version: Type.Integer({
    default: settingsVersion,
    minimum: settingsVersion,
    maximum: settingsVersion,
    description:
      "Version of the settings that the file is written for; without it, 1. Settings of earlier versions are understood; those of a later one are refused.",
  }),
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
      tls: Type.Union(
        [
          Type.Literal("off"),
          Type.Literal("self-signed"),
          Type.Object(
            { cert: Type.String({ minLength: 1 }), key: Type.String({ minLength: 1 }) },
            { additionalProperties: false },
          ),
        ],
        {
          default: "off",
          description:
            'Whether the port speaks HTTPS: with a certificate that the camera makes for itself, which browsers ask about once, or with files, such as `{ cert = "/etc/ssl/camera.pem", key = "/etc/ssl/camera.key" }`. With "off" whoever is on the way reads along.',
        },
      ),
      login: Type.Boolean({
        default: true,
        description:
          "Whether one has to sign in, or send an API token, to watch. With `false` everybody on the network may watch; to change anything one still has to sign in.",
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
      source: Type.Unsafe<"auto" | "rpicam" | "replay" | `ffmpeg:${string}`>(
        Type.String({
          pattern: "^(auto|rpicam|replay|ffmpeg:\\S.*)$",
          default: "auto",
          description:
            'Where frames come from: "rpicam" is a camera on the Pi\'s ribbon connector, "replay" the bundled demo; "auto" takes the camera where there is one. "ffmpeg:" with a device, an address or a file behind it is any camera that ffmpeg reads: `"ffmpeg:/dev/video0"`, `"ffmpeg:rtsp://USER:PASSWORD@10.0.0.7/stream"`. `camera.replay` goes first.',
          examples: ["auto", "rpicam", "replay", "ffmpeg:/dev/video0", "ffmpeg:rtsp://10.0.0.7/stream"],
        }),
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
          "Width of the camera's picture in pixels. The network sees less: more is for the viewers, and for `model.closerLooks`.",
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
      network: oneOf(
        bundledNetworks,
        "xnor-yolo-zero",
        'Which of the bundled networks: "xnor-yolo-plus" sees more, alarms for nothing more often, and takes about four times as long, for a Zero 2 W and faster boards. `model.file` goes first.',
      ),
      file: text("A network of one's own, `.safetensors`; without it, `model.network`."),
      sensitivity: oneOf(
        ["quiet", "normal", "alert"],
        "normal",
        'Which of the model\'s thresholds count: "quiet" makes a fifth of the false alarms of "normal" and misses more, "alert" makes three times as many and misses less. `--sensitivity` goes first.',
      ),
      threshold: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
        default: null,
        description:
          "Lowest score of a detection, for all classes; without it, the model's own threshold for each class.",
      }),
      closerLooks: Type.Integer({
        default: 0,
        minimum: 0,
        maximum: 8,
        description:
          "Parts of each frame at most that are looked at again at up to three times the scale, around persons' hands and what may be a weapon. Finds weapons that are far away; each look takes about as long as the whole frame, and makes false alarms of its own.",
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
      homeClasses: Type.Union(
        [Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true }), Type.Null()],
        {
          default: null,
          description: "Classes that raise the alarm while armed for home; without it, `alarm.classes`.",
        },
      ),
      thresholds: Type.Record(Type.String({ minLength: 1 }), Type.Number({ minimum: 0, maximum: 1 }), {
        default: {},
        description:
          "For a class, the score from which a sighting counts toward the alarm, such as `{ knife = 0.6 }`. Below the model's own threshold it changes nothing.",
      }),
      confirm: Type.Boolean({
        default: true,
        description:
          'Whether one of the `k` sightings must be surer than the others: reach the threshold of the model\'s next quieter operating point, "quiet" for "normal". Without it, a thing that always looks a little like a weapon raises the alarm for as long as it stands there.',
      }),
      minSize: Type.Number({
        default: 0,
        minimum: 0,
        maximum: 1,
        description:
          "Smallest object that counts: the square root of its box's area as a fraction of the picture's width.",
      }),
      zones: Type.Array(
        section({
          name: Type.String({ minLength: 1, maxLength: 40, description: "What the alarm calls it." }),
          kind: oneOf(
            ["watch", "ignore"],
            "watch",
            'Where there are zones to "watch", only what is in one of them counts; what is in one to "ignore" never does. A weapon is where its center is, everything else where its lower edge is.',
          ),
          points: Type.Array(
            Type.Tuple([Type.Number({ minimum: 0, maximum: 1 }), Type.Number({ minimum: 0, maximum: 1 })]),
            {
              minItems: 3,
              maxItems: 64,
              description:
                "Corners in order, as fractions of the picture's width and height, such as `[[0, 0.5], [1, 0.5], [1, 1], [0, 1]]`. Edges may not cross.",
            },
          ),
          modes: Type.Array(word(["away", "home"]), {
            default: ["away", "home"],
            minItems: 1,
            uniqueItems: true,
            description: "Modes in which the zone matters.",
          }),
        }),
        {
          default: [],
          maxItems: 32,
          description: "Parts of the picture. Without any, all of it is watched.",
        },
      ),
      mode: oneOf(
        ["away", "home", "off"],
        "away",
        "Whether the camera is armed, for an empty house or for one with people in it, when it starts and where `alarm.schedule` says nothing.",
      ),
      schedule: Type.Array(
        section({
          days: Type.Array(word(["sun", "mon", "tue", "wed", "thu", "fri", "sat"]), {
            default: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            minItems: 1,
            uniqueItems: true,
            description: "Days on which it begins.",
          }),
          from: timeOfDay('When it begins, local time, such as "22:00".'),
          to: timeOfDay("When it ends; on the next day, if that is not later than `from`."),
          mode: word(["away", "home", "off"], { description: "The mode meanwhile." }),
        }),
        { default: [], maxItems: 64, description: "When which mode holds; the first entry that fits goes." },
      ),
      entryDelaySeconds: duration(
        "Time to disarm between the sighting of something that is no weapon, and the alarm. A weapon raises it at once.",
      ),
      exitDelaySeconds: duration("Time to leave after arming by hand."),
      cooldownSeconds: duration("After an alarm, the time in which none begins.", 0, 86400),
      testSeconds: Type.Number({
        default: 5,
        minimum: 0.5,
        maximum: 600,
        description: "How long a test alarm lasts.",
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
      when: oneOf(
        ["alarm", "armed", "disarmed"],
        "alarm",
        'When it is on: "alarm" for a siren, the other two for a lamp that shows whether the alarm is armed.',
      ),
      classes: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        uniqueItems: true,
        description:
          "Only an alarm that one of these classes raised switches it on; an empty list takes every alarm.",
      }),
      zones: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        uniqueItems: true,
        description:
          'Only an alarm that something in one of these zones of `alarm.zones` raised switches it on; they must be of kind "watch". An empty list takes the whole picture.',
      }),
      pattern: oneOf(
        ["steady", "pulse", "siren", "sos"],
        "steady",
        'How it sounds or blinks; "siren" is the evacuation signal of ISO 8201.',
      ),
      maxOnSeconds: Type.Union([Type.Number({ minimum: 1, maximum: 86400 }), Type.Null()], {
        default: null,
        description:
          "Seconds after which it goes off although the alarm goes on, as the law may ask of a siren; without it, never.",
      }),
    }),
    {
      default: [{ gpio: 17 }],
      description: "Pins that the alarm switches. An empty list switches none.",
    },
  ),
  inputs: Type.Array(
    section({
      gpio: Type.Integer({
        minimum: 0,
        maximum: 27,
        description: "BCM number of a pin of the 40-pin header.",
      }),
      role: oneOf(
        ["arm-button", "key-switch", "panic-button"],
        "arm-button",
        '"arm-button" arms and disarms in turn, "key-switch" keeps the alarm armed while its contact is made, "panic-button" sets it off.',
      ),
      activeLow: Type.Boolean({
        default: true,
        description: "Whether the contact connects the pin to ground.",
      }),
      debounceMs: Type.Integer({
        default: 30,
        minimum: 1,
        maximum: 5000,
        description: "Milliseconds for which the contact must have stopped to bounce.",
      }),
    }),
    {
      default: [],
      description: "Buttons and switches.",
    },
  ),
  events: section(
    {
      enabled: Type.Boolean({
        default: true,
        description: "Whether alarms and sightings are recorded, in the folder `events` of `dataDir`.",
      }),
      classes: Type.Array(Type.String({ minLength: 1 }), {
        default: ["person"],
        uniqueItems: true,
        description:
          "Classes of which a sighting is an event, also where it raises no alarm; the zones and the smallest size of `alarm` count. An alarm is always one.",
      }),
      minSightings: Type.Integer({
        default: 3,
        minimum: 1,
        maximum: 1000,
        description: "Frames in which such an object must have been seen.",
      }),
      whenDisarmed: Type.Boolean({
        default: false,
        description: "Whether sightings are events while the camera is not armed, too.",
      }),
      preRollSeconds: duration("How much of a clip is from before the event.", 3, 60),
      postRollSeconds: duration(
        "How long an event goes on after the last sighting, or the end of the alarm.",
        5,
        300,
      ),
      maxClipSeconds: Type.Number({
        default: 120,
        minimum: 1,
        maximum: 3600,
        description: "The longest clip; the event itself may go on.",
      }),
      clipFps: Type.Number({
        default: 5,
        minimum: 0.1,
        maximum: 30,
        description: "Frames per second of a clip, no more than the camera has.",
      }),
      memoryMB: Type.Number({
        default: 8,
        minimum: 1,
        maximum: 512,
        description:
          "Memory for the frames before an event. Where it does not hold all of `preRollSeconds`, there are fewer of each second.",
      }),
      maxMB: Type.Number({
        default: 2000,
        minimum: 1,
        maximum: 1e7,
        description: "What stills and clips may take; the oldest events go first, pinned ones never.",
      }),
      maxDays: Type.Number({
        default: 30,
        minimum: 0.01,
        maximum: 36500,
        description: "Days after which an event is removed, unless it is pinned.",
      }),
      minFreeMB: Type.Number({
        default: 200,
        minimum: 0,
        maximum: 1e7,
        description: "What must stay free on the disk; where less is free, the oldest events go.",
      }),
    },
    "What is recorded.",
  ),
  mqtt: section(
    {
      url: orNone(
        Type.String({
          // A name and a password in it would end up in the log.
          pattern: "^mqtts?://[^/@\\s]+$",
          examples: ["mqtt://192.168.1.10", "mqtts://broker.example:8883"],
        }),
        "Address of the broker; `mqtts` encrypts. Without it, nothing is told over MQTT.",
      ),
      username: text("Name to log in to the broker with."),
      password: secret("Password to log in to the broker with."),
      passwordFile: text("File with the password, in place of `mqtt.password`."),
      caFile: text(
        "PEM file of the authority that signed the broker's certificate; without it, those that Node.js knows.",
      ),
      certFile: text("PEM file of the camera's own certificate, for brokers that ask for one."),
      keyFile: text("PEM file of the key of `mqtt.certFile`."),
      id: Type.String({
        default: "xnorcam",
        pattern: "^[A-Za-z0-9_-]{1,64}$",
        examples: ["front_door"],
        description:
          "The camera's name in topics; each camera at one broker needs another. Letters, digits, `_` and `-`.",
      }),
      name: Type.String({
        default: "Xnorcam",
        minLength: 1,
        maxLength: 60,
        description: "What Home Assistant calls the camera.",
      }),
      discoveryPrefix: Type.String({
        default: "homeassistant",
        pattern: "^([^#+/\\s][^#+\\s]*)?$",
        examples: ["homeassistant"],
        description: 'Where Home Assistant looks for devices; `""` announces none.',
      }),
      stills: Type.Boolean({
        default: true,
        description: "Whether the still of each event is sent to the broker, which keeps the last.",
      }),
      pictureSeconds: orNone(
        Type.Number({ minimum: 1, maximum: 86400 }),
        "Sends the broker what the camera sees, every so many seconds; without it, Home Assistant's camera shows the last still.",
      ),
      queueLimit: Type.Integer({
        default: 1000,
        minimum: 1,
        maximum: 100000,
        description: "Messages that are kept on disk while the broker can't be reached; then the oldest go.",
      }),
    },
    "What is told to an MQTT broker, and Home Assistant; see [telling.md](telling.md).",
  ),
  webhooks: Type.Array(
    section({
      name: Type.String({
        pattern: "^[a-z0-9_-]{1,40}$",
        examples: ["phone"],
        description: "What the log calls it, and its queue on disk. Small letters, digits, `_` and `-`.",
      }),
      url: Type.String({
        pattern: "^https?://[^/@\\s][^@\\s]*$",
        examples: ["https://example.com/hook"],
        // Whoever knows it may send there: many of them have a key in their path.
        writeOnly: true,
        description: "Address that gets a POST request with JSON for each event. Redirects are not followed.",
      }),
      secret: secret(
        "Key of the HMAC-SHA256 in the header `Xnorcam-Signature`: `t=<seconds>,v1=<hex>`, over `<seconds>.<body>`.",
        8,
      ),
      secretFile: text("File with the key, in place of `secret`."),
      kinds: Type.Array(word(["alarm", "sighting", "test"]), {
        default: ["alarm", "test"],
        minItems: 1,
        uniqueItems: true,
        description: "Kinds of events that it wants.",
      }),
      moments: Type.Array(word(["began", "ended"]), {
        default: ["began", "ended"],
        minItems: 1,
        uniqueItems: true,
        description: "Whether it is told when an event begins, when it ends, or both.",
      }),
      timeoutSeconds: Type.Number({
        default: 10,
        minimum: 0.1,
        maximum: 120,
        description: "Without an answer for so long, it is tried again later.",
      }),
      queueLimit: Type.Integer({
        default: 1000,
        minimum: 1,
        maximum: 100000,
        description: "Messages that are kept on disk while it can't be reached; then the oldest go.",
      }),
    }),
    {
      default: [],
      maxItems: 16,
      description: "Web addresses that are told of events; see [telling.md](telling.md#webhooks).",
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

/** One of a few words, with a default. */
function oneOf<const Word extends string>(
  words: readonly Word[],
  fallback: NoInfer<Word>,
  description: string,
) {
  return word(words, { default: fallback, description });
}

function word<const Word extends string>(words: readonly Word[], options: SchemaOptions = {}) {
  const literals = words.map((one) => Type.Literal(one));
  return Type.Unsafe<Word>(Type.Union(literals, options));
}

/** A value that may be left out. */
function orNone<Value extends TSchema>(value: Value, description: string, options: SchemaOptions = {}) {
  return Type.Union([value, Type.Null()], { default: null, description, ...options });
}

/** Text that may be left out. */
function text(description: string) {
  return orNone(Type.String({ minLength: 1 }), description);
}

/** Text that the program reads and never shows: JSON Schema's `writeOnly`. */
function secret(description: string, minLength = 1) {
  return orNone(Type.String({ minLength }), description, { writeOnly: true });
}

/** "22:00" */
function timeOfDay(description: string) {
  return Type.String({ pattern: "^([01]\\d|2[0-3]):[0-5]\\d$", examples: ["22:00"], description });
}

/** Seconds. */
function duration(description: string, fallback = 0, maximum = 3600) {
  return Type.Number({ default: fallback, minimum: 0, maximum, description });
}

/** A group of keys, which refuses others; its default lets the defaults of its keys be filled in. */
function section<Properties extends TProperties>(properties: Properties, description?: string) {
  return Type.Object(properties, {
    additionalProperties: false,
    default: {},
    ...(description === undefined ? {} : { description }),
  });
}
