/**
 * Stands in for the tools of libgpiod 2 on machines without /dev/gpiochip*: gpiodetect, gpioget, gpioset and gpiomon
 * with the options that Xnorcam uses, the same output and the same errors. The chip is the folder GPIOD_STANDIN: a
 * file for each line, named by its offset, holds its electrical level; "17.owner" the process that holds line 17.
 * With GPIOD_STANDIN_VERSION it is another version.
 */
import { existsSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const [tool, ...args] = process.argv.slice(2);
const { GPIOD_STANDIN: folder, GPIOD_STANDIN_VERSION: version = "2.2.1" } = process.env;
const label = "pinctrl-bcm2835";
const lineCount = 54;

const { values: options, positionals } = parseArgs({
  args,
  allowPositionals: true,
  options: {
    version: { type: "boolean" },
    chip: { type: "string", short: "c" },
    "active-low": { type: "boolean", short: "l", default: false },
    interactive: { type: "boolean", short: "i" },
    unquoted: { type: "boolean" },
    toggle: { type: "string", short: "t" },
    numeric: { type: "boolean" },
    banner: { type: "boolean" },
    edges: { type: "string", short: "e" },
    format: { type: "string", short: "F" },
  },
});
const invert = options["active-low"] ? 1 : 0;

if (options.version) console.log(`${tool} (libgpiod) v${version}`);
else if (tool === "gpiodetect") console.log(`gpiochip0 [${label}] (${lineCount} lines)`);
else if (options.chip !== "gpiochip0") die(`cannot find GPIO chip character device '${options.chip}'`);
else ({ gpioget: get, gpioset: set, gpiomon: monitor })[tool]();

function get() {
  const [line] = positionals;
  request(line);
  console.log(`${read(line) ^ invert}`);
  release(line);
}

function set() {
  const [line, value] = positionals[0].split("=");
  request(line);
  const write = (active) => writeLevel(line, Number(active) ^ invert);
  write(value);
  process.on("exit", () => release(line));
  if (options.toggle === "0") return;
  if (!options.interactive) return void setInterval(() => {}, 3_600_000);
  const prompt = () => process.stdout.write("gpioset> ");
  prompt();
  // The real one does not end with its input: it spins until its prompt meets a closed pipe.
  const input = createInterface({ input: process.stdin });
  input.on("close", () => setInterval(prompt, 10));
  input.on("line", (text) => {
    if (text === "exit") process.exit(0);
    const [, to] = /^set \d+=([01])$/.exec(text) ?? [];
    if (to === undefined) console.log(`unknown command: '${text}'`);
    else write(to);
    prompt();
  });
}

function monitor() {
  const [line] = positionals;
  request(line);
  process.on("exit", () => release(line));
  let last = read(line);
  watch(folder, () => {
    const level = read(line);
    if (level === last) return;
    last = level;
    console.log(options.format.replace("%e", (level ^ invert) === 1 ? "1" : "2"));
  });
  if (options.banner) console.log(`Monitoring line '${line}'...`);
}

function request(line) {
  const owner = `${join(folder, line)}.owner`;
  if (existsSync(owner) && existsSync(`/proc/${readFileSync(owner, "utf8")}`)) {
    die("unable to request lines on chip '/dev/gpiochip0': Device or resource busy");
  }
  writeFileSync(owner, `${process.pid}`);
}

function release(line) {
  rmSync(`${join(folder, line)}.owner`, { force: true });
}

function read(line) {
  const file = join(folder, line);
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}

/** At once: who watches must not find the file empty. */
function writeLevel(line, level) {
  const file = join(folder, line);
  writeFileSync(`${file}.new`, `${level}`);
  renameSync(`${file}.new`, file);
}

function die(text) {
  console.error(`${tool}: ${text}`);
  process.exit(1);
}
