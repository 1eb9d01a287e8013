// ONNX Runtime, from its npm package, which holds the libraries for the CPU; not a dependency of the program.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { writeOnnx } from "./onnx.mjs";

const packageVersion = "onnxruntime-node@1.23.2";

/** Loads the package from `folder`, into which it is installed where it isn't there. */
export function loadOnnxRuntime(folder, say) {
  if (!existsSync(join(folder, "node_modules", "onnxruntime-node"))) {
    say(`installing ${packageVersion} into ${folder}, about 250 MB`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    // Its install script would download CUDA libraries.
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", packageVersion];
    const { status } = spawnSync("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error(`npm could not install ${packageVersion}; its messages above say why`);
  }
  return createRequire(join(folder, "package.json"))("onnxruntime-node");
}

/**
 * A float network on one thread, all of ONNX Runtime's rewriting of graphs on.
 * @param input planar floats
 * @returns a contender `{ name, run(): ms }` and its outputs, one after the other, channels last
 */
export async function onnxRuntime(ort, name, network, input) {
  const session = await ort.InferenceSession.create(writeOnnx(network), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  const { height, width, channels } = network.input;
  const feeds = { input: new ort.Tensor("float32", input, [1, channels, height, width]) };
  const first = await session.run(feeds);
  const outputs = network.outputs.flatMap((output) => channelsLast(first[output]));
  const run = async () => {
    const start = performance.now();
    await session.run(feeds);
    return performance.now() - start;
  };
  return { name, run, outputs, stop: () => session.release() };
}

function channelsLast({ data, dims: [, channels, height, width] }) {
  const pixels = height * width;
  return Array.from(data, (_, at) => data[(at % channels) * pixels + Math.floor(at / channels)]);
}
