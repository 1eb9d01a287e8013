// Contenders that are processes of their own: they answer each line with the milliseconds of one run.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const ops = ["conv", "normalize", "clip", "leaky", "add", "average_pool", "concat", "upsample"];
const oneThread = { OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

/** @returns a contender, once the process has run for the first time */
async function startWorker(name, command, args) {
  const child = spawn(command, args, {
    env: { ...process.env, ...oneThread },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value } = await lines.next();
    if (value === undefined) throw new Error(`${name} ended (${command} ${args.join(" ")})`);
    return Number(value);
  };
  await answer();
  const run = () => {
    child.stdin.write("run\n");
    return answer();
  };
  return { name, run, stop: () => child.stdin.end() };
}

/**
 * Plain loops in C, compiled by the optimizer of this machine's compiler for this CPU.
 * @param order of the loops: "dot" or "spread" (naive.c)
 * @returns a contender and its outputs, one after the other
 */
export async function naive(name, order, network, input, folder) {
  const program = join(folder, "naive");
  const flags = ["-std=gnu11", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math"];
  const { status, stderr } = spawnSync("cc", [...flags, here("naive.c"), "-o", program], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`naive.c does not compile: ${stderr}`);
  const files = [join(folder, `${network.name}.bin`), join(folder, `${network.name}.${order}.out`)];
  writeFileSync(files[0], naiveFile(network, input));
  const worker = await startWorker(name, program, [order, ...files]);
  return { ...worker, outputs: new Float32Array(Uint8Array.from(readFileSync(files[1])).buffer) };
}

/** The layers as `naive.c` reads them. */
function naiveFile({ layers, outputs, input: shape }, input) {
  const map = new Map([["input", 0], ...layers.map(({ name }, i) => [name, i + 1])]);
  const tensors = [];
  let size = 0;
  const add = (data) => {
    if (data === undefined) return 0;
    tensors.push(data);
    size += data.length;
    return size - data.length;
  };
  const records = layers.flatMap((layer) => {
    const { op, inputs, kernel = 0, stride = 0, padding = 0, weight, bias, scale, slope = 0 } = layer;
    const { height, width, channels } = layer.shape;
    const reads = [0, 1, 2, 3].map((i) => map.get(inputs[i] ?? "input"));
    const place = [add(weight && pixelFirst(weight, bias.length, kernel ** 2)), add(bias), add(scale)];
    const fields = [
      ops.indexOf(op),
      height,
      width,
      channels,
      inputs.length,
      ...reads,
      kernel,
      stride,
      padding,
    ];
    const slopeBits = new Int32Array(Float32Array.of(slope).buffer)[0];
    return [...fields, ...place, slopeBits];
  });
  const head = [layers.length, outputs.length, size, shape.height, shape.width, shape.channels];
  const words = Int32Array.from([...head, ...records, ...outputs.map((name) => map.get(name))]);
  return Buffer.concat(
    [words, ...tensors, input].map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)),
  );
}

/** (outputs, inputs, taps) → (outputs, taps, inputs). */
function pixelFirst(weight, outputs, taps) {
  const inputs = weight.length / outputs / taps;
  return weight.map((_, at) => {
    const input = at % inputs;
    const tap = Math.floor(at / inputs) % taps;
    return weight[(Math.floor(at / inputs / taps) * inputs + input) * taps + tap];
  });
}

/**
 * A Python that has a module, Debian's first: another one on PATH lacks what apt installed.
 * @returns its command, if any
 */
export function pythonWith(module) {
  return ["/usr/bin/python3", "python3"].find(
    (python) => spawnSync(python, ["-c", `import ${module}`]).status === 0,
  );
}

/** OpenCV's dnn or PyTorch. @param args of python_peers.py */
export function pythonPeer(name, python, args) {
  return startWorker(name, python, ["-W", "ignore", here("python_peers.py"), ...args]);
}
