// `node scripts/bench/low-bit.mjs [--json] [--rounds N]`: what one convolution costs by each method between binary and
// float, on the same shape: time of each variant of the native kernels on this machine, and instructions on the
// ARM1176 of a Pi Zero, counted under qemu-arm where that is installed.
import { parseArgs } from "node:util";
import { buildIfStale, fail, say } from "../setup.mjs";

const { values: options } = parseArgs({
  options: { json: { type: "boolean", default: false }, rounds: { type: "string", default: "15" } },
});
if (!(await buildIfStale())) fail("the sources do not compile");

const { createCases, shapes } = await import("./low-bit/cases.mjs");
const { timeVariants } = await import("./low-bit/time.mjs");
const { countInstructions, whatIsMissing } = await import("./low-bit/arm1176.mjs");

const missing = whatIsMissing();
if (missing !== undefined) say(`WARNING: no instructions are counted: ${missing}`);
const report = shapes.map(({ isCounted, ...shape }) => {
  const cases = createCases(shape);
  const instructions = isCounted && missing === undefined ? countInstructions(cases) : undefined;
  const entry = {
    ...shape,
    weightBytes: Object.fromEntries(cases.map(({ name, weightBytes }) => [name, weightBytes])),
    microseconds: timeVariants(cases, Number(options.rounds)),
    ...(instructions === undefined ? {} : { arm1176: instructions }),
  };
  if (!options.json) printTable(entry);
  return entry;
});
if (options.json) console.log(JSON.stringify(report));

/** Each method in a row: times relative to the binary convolution, instructions, bytes of weights. */
function printTable({ width, height, channels, weightBytes, microseconds, arm1176 }) {
  console.log(`\n3×3, ${channels}→${channels} channels on ${width}×${height}`);
  const variants = Object.keys(microseconds);
  const columns = [
    ...variants.flatMap((variant) => [`${variant} µs`, "× 1×1"]),
    "ARM1176 M",
    "× 1×1",
    "bytes",
  ];
  console.log(["".padEnd(24), ...columns.map((title) => title.padStart(13))].join(""));
  for (const name of Object.keys(weightBytes)) {
    const times = variants.flatMap((variant) => {
      const { [name]: own, binary } = microseconds[variant];
      return [own.toFixed(1), (own / binary).toFixed(2)];
    });
    const count = arm1176?.[name];
    const counted =
      count === undefined ? ["", ""] : [(count / 1e6).toFixed(2), (count / arm1176.binary).toFixed(2)];
    const cells = [...times, ...counted, weightBytes[name]];
    console.log([name.padEnd(24), ...cells.map((cell) => String(cell).padStart(13))].join(""));
  }
}
