import { PictureDetector } from "../detect/picture-detector.ts";
import { XnorcamError } from "../errors.ts";
import { defineCommand } from "./command.ts";

export const model = defineCommand({
  options: { json: { type: "flag", description: "One line of JSON" } },
  positionals: { name: "info FILE", min: 2, max: 2 },
  run({ values, positionals }) {
    const [action, path] = positionals as [string, string];
    if (action !== "info") {
      throw new XnorcamError("XC_USAGE", `model can do "info", not "${action}": xnorcam model info FILE`);
    }
    const info = describe(path);
    console.log(values.json ? JSON.stringify(info) : inLines(info));
    return Promise.resolve(0);
  },
});

function describe(path: string) {
  const { file, graph, head, network } = PictureDetector.load(path);
  const { training = null, accuracy = null } = graph.extra;
  const macs = network.layers.reduce(
    (sum, layer) => ({ real: sum.real + layer.macs.real, binary: sum.binary + layer.macs.binary }),
    { real: 0, binary: 0 },
  );
  const { width, height } = network.inputShape;
  return {
    file: path,
    bytes: file.bytes,
    name: network.name,
    input: { width, height },
    layers: network.layers.length,
    macs,
    mapBytes: network.mapBytes,
    classes: head.classes.map((label, i) => ({
      label,
      threshold: head.thresholds[i]!,
      weapon: head.weapons.includes(label),
    })),
    accuracy,
    training,
  };
}

function inLines(info: ReturnType<typeof describe>): string {
  const classes = info.classes.map(
    ({ label, threshold, weapon }) =>
      `  ${label.padEnd(12)} from ${threshold.toFixed(2)}${weapon ? "  weapon" : ""}`,
  );
  return [
    `${info.name}: ${info.file}, ${(info.bytes / 1024).toFixed(0)} KiB`,
    `input      ${info.input.width}×${info.input.height}, ${info.layers} layers, maps ${(info.mapBytes / 1024).toFixed(0)} KiB`,
    `work       ${(info.macs.binary / 1e6).toFixed(1)} M binary and ${(info.macs.real / 1e6).toFixed(1)} M real multiply-accumulates a picture`,
    `accuracy   ${info.accuracy === null ? "not stated" : JSON.stringify(info.accuracy)}`,
    `training   ${info.training === null ? "not stated" : JSON.stringify(info.training)}`,
    "classes",
    ...classes,
  ].join("\n");
}
