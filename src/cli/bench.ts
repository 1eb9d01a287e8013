import { PictureDetector } from "../detect/picture-detector.ts";
import type { Layer } from "../nn/network.ts";
import { defineCommand } from "./command.ts";
import { modelOption, modelPath } from "./model-option.ts";

const warmUpRuns = 5;
const measuredRuns = 30;

interface LayerTime {
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
  options: { model: modelOption, json: { type: "flag", description: "One line of JSON" } },
  run({ values }) {
    const path = modelPath(values.model);
    const { network } = PictureDetector.load(path);
    fillWithNoise(network.input);
    for (let i = 0; i < warmUpRuns; i++) network.run();

    const totals: number[] = [];
    const times = new Map<Layer, number[]>(network.layers.map((layer) => [layer, []]));
    for (let i = 0; i < measuredRuns; i++) {
      const start = performance.now();
      let last = start;
      network.run((layer) => {
        const now = performance.now();
        times.get(layer)!.push(now - last);
        last = now;
      });
      totals.push(last - start);
    }

    const layers = network.layers.map((layer): LayerTime => {
      const { name, op, shape, macs, parameterBytes, outputBytes } = layer;
      return {
        name,
        op,
        shape: `${shape.width}×${shape.height}×${shape.channels}`,
        ms: median(times.get(layer)!),
        realMacs: macs.real,
        binaryMacs: macs.binary,
        parameterBytes,
        outputBytes,
      };
    });
    const sum = (of: (layer: LayerTime) => number) => layers.reduce((total, layer) => total + of(layer), 0);
    const report = {
      model: network.name,
      kernels: network.kernels,
      runs: measuredRuns,
      ms: median(totals),
      realMacs: sum((layer) => layer.realMacs),
      binaryMacs: sum((layer) => layer.binaryMacs),
      parameterBytes: sum((layer) => layer.parameterBytes),
      mapBytes: network.mapBytes,
      rssBytes: process.memoryUsage.rss(),
      layers,
    };
    console.log(values.json ? JSON.stringify(report) : table(report));
    return Promise.resolve(0);
  },
});

/** A flat picture would give the branches of the code an easy time. The same noise every time. */
function fillWithNoise(bytes: Uint8Array): void {
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
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
  layers: readonly LayerTime[];
}): string {
  const million = (count: number) => (count / 1e6).toFixed(2);
  const kilo = (bytes: number) => (bytes / 1024).toFixed(1);
  const row = (cells: readonly string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(i === 0 ? 18 : 17) : cell.padStart(12))).join("");
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
