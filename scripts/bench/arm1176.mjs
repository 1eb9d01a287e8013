// `npm run bench:arm1176 [-- --json] [--functions] [--model FILE] [--picture FILE] [--memory fill=75,...]`: what one
// picture costs on the BCM2835 of a Raspberry Pi Zero. Instructions are counted under qemu-arm, cycles estimated by the
// model that docs/arm1176.md describes. `--methods [DIR]` counts those of each model in a folder, in a line.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildIfStale, fail, root, say } from "../setup.mjs";
import { cyclesByFunction } from "./arm1176/functions.mjs";
import { buildKernels } from "./arm1176/kernels.mjs";
import { buildPlugin, runCounted, whatIsMissing } from "./arm1176/toolchain.mjs";

const clockHz = 1e9;

const {
  values: options,
  positionals: [given],
} = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    model: { type: "string", default: join(root, "models", "xnor-yolo-zero.safetensors") },
    methods: { type: "boolean", default: false },
    picture: { type: "string", default: join(root, "test", "fixtures", "demo", "frame-001.webp") },
    functions: { type: "boolean", default: false },
    memory: { type: "string", default: "" },
  },
  allowPositionals: true,
});
if (given !== undefined && !options.methods)
  fail(`"${given}" is one word too many: a folder goes with --methods`);

const missing = whatIsMissing();
if (missing !== undefined) fail(missing);
if (!(await buildIfStale())) fail("the sources do not compile");
const folder = join(root, "node_modules", ".cache", "arm1176");
const plugin = buildPlugin(folder);
const program = join(folder, "driver");
buildKernels(program, ["driver.c", "library.c"]);
if (options.methods) await measureMethods();
else await measureModel();

async function measureModel() {
  const report = await measure(options.model).catch((error) => fail(error.message));
  if (options.json) console.log(JSON.stringify(report));
  else printTable(report);
  const problem = differenceIn(report, options.model);
  if (problem !== undefined) fail(problem);
}

/** The models of a folder, a line each; one that cannot be counted is named, and the others are counted. */
async function measureMethods() {
  const { listModelFiles, methodsFolder } = await import("../../dist/method-files.js");
  const files = await listModelFiles(given ?? methodsFolder).catch((error) => fail(error.message));
  if (files.length === 0) fail(`the folder ${given ?? methodsFolder} holds no model (*.safetensors)`);
  const rows = [];
  for (const { name, path } of files) {
    try {
      const { layers: _, ...report } = await measure(path);
      rows.push({ name, file: path, ...report });
      const problem = differenceIn(report, path);
      if (problem !== undefined) throw new Error(problem);
      if (!options.json) printRow(name, report);
    } catch (error) {
      console.error(`xnorcam: ${error.message}`);
      process.exitCode = 1;
    }
  }
  if (options.json) console.log(JSON.stringify(rows));
}

/** undefined when it computes what the reference computes. */
function differenceIn({ outputMatchesReference, firstDifference }, model) {
  if (outputMatchesReference) return undefined;
  return `the driver's ${firstDifference} of ${model} differs from what the reference kernels compute`;
}

async function measure(model) {
  const { createJob } = await import("./arm1176/job.mjs");
  const { job, layers, expected } = await createJob(model, options.picture);
  const jobFile = join(folder, "job.bin");
  writeFileSync(jobFile, job);
  const profile = options.functions ? join(folder, "profile.txt") : undefined;
  const costs = Object.fromEntries(
    options.memory.split(",").flatMap((pair) => (pair === "" ? [] : [pair.split("=")])),
  );
  const { sections, output } = runCounted(plugin, program, [jobFile], { costs, profile });
  const summary = summarize(sections, layers, output.trim().split("\n"), expected);
  return profile === undefined ? summary : { ...summary, functions: cyclesByFunction(program, profile) };
}

/** Sections are the letterbox, the stages, and all behind them, in this order. */
function summarize(sections, stages, printed, expected) {
  const own = { op: "", binaryMacs: 0, realMacs: 0 };
  const parts = [{ ...own, name: "letterbox" }, ...stages, { ...own, name: "boxes" }];
  const layers = parts.map((part, i) => {
    const { section: _, ...counts } = sections.find(({ section }) => section === i + 1);
    return { ...part, ...counts, instrPer32BinaryMacs: per32(counts.instructions, part.binaryMacs) };
  });
  const sum = (field) => layers.reduce((total, layer) => total + layer[field], 0);
  const binary = layers.filter(({ binaryMacs }) => binaryMacs > 0);
  const inBinary = binary.reduce((total, layer) => total + layer.instructions, 0);
  const cycles = sum("cyclesEstimated");
  const lines = Math.max(expected.length, printed.length);
  const difference = [...Array(lines).keys()].findIndex((i) => expected[i] !== printed[i]?.trim());
  return {
    instructions: sum("instructions"),
    cyclesEstimated: cycles,
    fpsEstimated: clockHz / cycles,
    instrPer32BinaryMacs: per32(inBinary, sum("binaryMacs")),
    thumbInstructions: sum("thumb"),
    dataMisses: sum("dataMisses"),
    layers,
    outputMatchesReference: difference < 0,
    ...(difference < 0 ? {} : { firstDifference: nameOfLine(difference, stages) }),
  };
}

function nameOfLine(line, stages) {
  if (line === 0) return "letterbox";
  return stages[line - 1]?.name ?? "list of boxes";
}

/** Instructions for 32 binary multiply-accumulates; null where there are none. */
function per32(instructions, binaryMacs) {
  return binaryMacs === 0 ? null : instructions / (binaryMacs / 32);
}

function printTable(report) {
  const thousand = (count) => (count / 1000).toFixed(0);
  const ratio = (value) => (value === null ? "" : value.toFixed(2));
  const row = (cells) => console.log(cells.map((cell, i) => pad(String(cell), i)).join(""));
  const pad = (cell, i) => (i < 2 ? cell.padEnd(i === 0 ? 22 : 13) : cell.padStart(10));
  row([
    "layer",
    "kind",
    "instr k",
    "loads k",
    "stores k",
    "cycles k",
    "stalls k",
    "misses",
    "binary M",
    "instr/32",
  ]);
  for (const layer of report.layers) {
    row([
      layer.name,
      layer.op,
      thousand(layer.instructions),
      thousand(layer.loads),
      thousand(layer.stores),
      thousand(layer.cyclesEstimated),
      thousand(layer.cyclesEstimated - layer.instructions),
      layer.dataMisses,
      layer.binaryMacs === 0 ? "" : (layer.binaryMacs / 1e6).toFixed(2),
      ratio(layer.instrPer32BinaryMacs),
    ]);
  }
  for (const { name, instructions, cycles } of report.functions?.slice(0, 25) ?? []) {
    row([name, "", thousand(instructions), "", "", thousand(cycles), thousand(cycles - instructions)]);
  }
  say(
    `${million(report.instructions)} M instructions, ${million(report.cyclesEstimated)} M cycles estimated, ` +
      `${report.fpsEstimated.toFixed(1)} pictures a second at 1 GHz; ${ratio(report.instrPer32BinaryMacs)} instructions for ` +
      `32 binary multiply-accumulates; ${report.thumbInstructions} Thumb instructions; the maps ` +
      `${report.outputMatchesReference ? "are" : "ARE NOT"} those of the reference kernels`,
  );
}

function printRow(name, { instructions, cyclesEstimated, fpsEstimated }) {
  const [counted, estimated] = [instructions, cyclesEstimated].map((count) => million(count).padStart(9));
  const fps = fpsEstimated.toFixed(2).padStart(6);
  console.log(
    `${name.padEnd(16)}${counted} M instructions, ${estimated} M cycles estimated, ${fps} pictures a second at 1 GHz`,
  );
}

function million(count) {
  return (count / 1e6).toFixed(2);
}
