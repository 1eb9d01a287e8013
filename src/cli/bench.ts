import { PictureDetector } from "../detect/picture-detector.ts";
import { chooseBackend } from "../nn/backend.ts";
import type { Step } from "../nn/network.ts";
import { shapeText } from "../nn/shape.ts";
import { fillWithNoise, median, timeOf } from "./bench/measure.ts";
import { benchMethods } from "./bench/methods.ts";
import { defineCommand, usage } from "./command.ts";
import { warnOfKernels } from "./kernels-warning.ts";
import { modelOption, modelSettings } from "./model-option.ts";

const warmUpRuns = 5;
const measuredRuns = 30;

/** A layer; of native kernels a stage, which is several layers in one pass. */
interface StepTime {
  readonly name: string;
  readonly op: string;
  readonly shape: string;
  /** Median of the runs. */
  readonly ms: number;
  readonly realMacs: number;
  readonly binaryMacs: number;
  readonly parameterBytes: number;
  readonly outputBytes: number;
}

export const bench = defineCommand({
  options: {
    model: modelOption,
    kernels: {
      type: "text",
      value: "NAME",
      description: "reference, portable, avx2, …; without it, the best that works, or XNORCAM_KERNELS",
    },
    methods: {
      type: "flag",
      description: "The models of a folder against each other; without DIR, the bundled one of each method",
    },
    json: { type: "flag", description: "One line of JSON" },
  },
  positionals: { name: "DIR", min: 0, max: 1 },
  async run({ values, positionals: [folder] }) {
    const { kernels, methods, json = false } = values;
    if (methods) {
      if (values.model !== undefined)
        throw usage("--methods measures a folder, --model a file: give one of them");
      return await benchMethods({ folder, kernels, json });
    }
    if (folder !== undefined) throw usage(`"${folder}" is one word too many`);
    return benchLayers(values);
  },
});

function benchLayers(values: {
  readonly model?: string;
  readonly kernels?: string;
  readonly json?: boolean;
}): number {
  const wanted = chooseBackend(values.kernels === undefined ? {} : { wanted: values.kernels });
  const { backend, graph, engines } = PictureDetector.load(modelSettings(values).path, wanted);
  warnOfKernels(backend);
  const { width, height } = engines.limits;
  const { engine } = engines.engineFor(width, height);
  fillWithNoise(engine.input);
  for (let i = 0; i < warmUpRuns; i++) engine.run();

  const totals: number[] = [];
  for (let i = 0; i < measuredRuns; i++) totals.push(timeOf(() => engine.run()));
  const times = new Map<Step, number[]>(engine.steps.map((step) => [step, []]));
  for (let i = 0; i < measuredRuns; i++) {
    for (const step of engine.steps) times.get(step)!.push(timeOf(() => step.run()));
  }

  const layers = engine.steps.map((step): StepTime => {
    const { name, op, shape, macs, parameterBytes, outputBytes } = step;
    return {
      name,
      op,
      shape: shapeText(shape),
      ms: median(times.get(step)!),
      realMacs: macs.real,
      binaryMacs: macs.binary,
      parameterBytes,
      outputBytes,
    };
  });
  const sum = (of: (layer: StepTime) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  const report = {
    model: graph.name,
    kernels: engine.kernels,
    runs: measuredRuns,
    ms: median(totals),
    realMacs: sum((layer) => layer.realMacs),
    binaryMacs: sum((layer) => layer.binaryMacs),
    parameterBytes: sum((layer) => layer.parameterBytes),
    mapBytes: engine.mapBytes,
    rssBytes: process.memoryUsage.rss(),
    layers,
  };
  console.log(values.json ? JSON.stringify(report) : table(report));
  return 0;
}

function table(report: {
  model: string;
  kernels: string;
  runs: number;
  ms: number;
  realMacs: number;
  binaryMacs: number;
  parameterBytes: number;
  mapBytes: number;
  rssBytes: number;
  layers: readonly StepTime[];
}): string {
  const million = (count: number) => (count / 1e6).toFixed(2);
  const kilo = (bytes: number) => (bytes / 1024).toFixed(1);
  const opWidth = 2 + Math.max(...report.layers.map(({ op }) => op.length));
  const row = (cells: readonly string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(i === 0 ? 18 : opWidth) : cell.padStart(12))).join("");
  const lines = report.layers.map((layer) =>
    row([
      layer.name,
      layer.op,
      layer.shape,
      layer.ms.toFixed(3),
      million(layer.realMacs),
      million(layer.binaryMacs),
      kilo(layer.parameterBytes),
      kilo(layer.outputBytes),
    ]),
  );
  return [
    row(["layer", "kind", "output", "ms", "real M", "binary M", "weights KiB", "output KiB"]),
    ...lines,
    row([
      "total",
      "",
      "",
      report.ms.toFixed(3),
      million(report.realMacs),
      million(report.binaryMacs),
      kilo(report.parameterBytes),
      kilo(report.mapBytes),
    ]),
    `${report.model} on ${report.kernels} kernels, median of ${report.runs} runs; M: million multiply-accumulates; the maps share ${kilo(report.mapBytes)} KiB; process ${(report.rssBytes / 2 ** 20).toFixed(0)} MiB`,
  ].join("\n");
}
