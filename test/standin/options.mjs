/**
 * The command line of rpicam-vid 1.5, as boost::program_options reads it: what it accepts, and how it refuses.
 * Each option has a kind of value; "flag" may stand alone.
 */
const kinds = {
  help: "flag",
  version: "flag",
  "list-cameras": "flag",
  camera: "unsigned",
  verbose: "flag",
  config: "text",
  "info-text": "text",
  width: "unsigned",
  height: "unsigned",
  timeout: "text",
  output: "text",
  "post-process-file": "text",
  nopreview: "flag",
  preview: "text",
  fullscreen: "flag",
  "qt-preview": "flag",
  hflip: "flag",
  vflip: "flag",
  rotation: "integer",
  roi: "text",
  shutter: "text",
  analoggain: "float",
  gain: "float",
  metering: "text",
  exposure: "text",
  ev: "float",
  awb: "text",
  awbgains: "text",
  flush: "flag",
  wrap: "unsigned",
  brightness: "float",
  contrast: "float",
  saturation: "float",
  sharpness: "float",
  framerate: "float",
  denoise: "text",
  "viewfinder-width": "unsigned",
  "viewfinder-height": "unsigned",
  "tuning-file": "text",
  "lores-width": "unsigned",
  "lores-height": "unsigned",
  mode: "text",
  "viewfinder-mode": "text",
  "buffer-count": "unsigned",
  "viewfinder-buffer-count": "unsigned",
  "no-raw": "flag",
  "autofocus-mode": "text",
  "autofocus-range": "text",
  "autofocus-speed": "text",
  "autofocus-window": "text",
  "lens-position": "text",
  hdr: "flag",
  metadata: "text",
  "metadata-format": "text",
  "flicker-period": "text",
  bitrate: "text",
  profile: "text",
  level: "text",
  intra: "unsigned",
  inline: "flag",
  codec: "text",
  "save-pts": "text",
  quality: "integer",
  listen: "flag",
  keypress: "flag",
  signal: "flag",
  initial: "text",
  split: "flag",
  segment: "unsigned",
  circular: "flag",
  frames: "unsigned",
};

const letters = {
  h: "help",
  v: "verbose",
  c: "config",
  t: "timeout",
  o: "output",
  n: "nopreview",
  p: "preview",
  f: "fullscreen",
  b: "bitrate",
  g: "intra",
  q: "quality",
  l: "listen",
  k: "keypress",
  s: "signal",
  i: "initial",
};

const numbers = { unsigned: /^\d+$/, integer: /^-?\d+$/, float: /^-?\d+(\.\d+)?(e-?\d+)?$/i };
const exposures = ["normal", "sport", "short", "long", "custom"];
const balances = [
  "auto",
  "normal",
  "incandescent",
  "tungsten",
  "fluorescent",
  "indoor",
  "daylight",
  "cloudy",
  "custom",
];

/** The options by name. Throws an Error with the words that the real one puts between its stars. */
export function parseOptions(args) {
  const options = {};
  for (let index = 0; index < args.length; index++) {
    const { name, given } = nameOf(args[index]);
    const kind = kinds[name];
    if (kind === undefined) throw new Error(`unrecognised option '${args[index]}'`);
    const next = args[index + 1];
    const hasNext = next !== undefined && (next === "-" || !next.startsWith("-"));
    if (given !== undefined) options[name] = given;
    else if (hasNext) options[name] = args[++index];
    else if (kind === "flag") options[name] = "1";
    else throw new Error(`the required argument for option '--${name}' is missing`);
    if (numbers[kind]?.test(options[name]) === false) {
      throw new Error(`the argument ('${options[name]}') for option '--${name}' is invalid`);
    }
  }
  return options;
}

/** What the real one checks only after it has looked for cameras. */
export function checkOptions({ rotation = "0", exposure = "normal", awb = "auto", codec = "h264" }) {
  const turn = ((Number(rotation) % 360) + 360) % 360;
  if (turn % 90 !== 0) throw new Error("illegal rotation value");
  if (turn % 180 !== 0) throw new Error("transforms requiring transpose not supported");
  if (!exposures.includes(exposure)) throw new Error(`Invalid exposure mode:${exposure}`);
  if (!balances.includes(awb)) throw new Error(`Invalid AWB mode: ${awb}`);
  if (codec !== "yuv420") throw new Error(`the stand-in has no codec ${codec}`);
}

function nameOf(arg) {
  if (arg.startsWith("--")) {
    const [name, given] = arg.slice(2).split(/=(.*)/s);
    return { name, given };
  }
  if (arg.startsWith("-") && arg.length > 1)
    return { name: letters[arg[1]], given: arg.slice(2) || undefined };
  throw new Error("too many positional options have been specified on the command line");
}
