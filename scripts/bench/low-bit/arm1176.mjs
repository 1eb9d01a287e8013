// Instructions of one stage on an ARM1176.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup.mjs";
import { buildKernels } from "../arm1176/kernels.mjs";
import { buildPlugin, runCounted, whatIsMissing } from "../arm1176/toolchain.mjs";

export { whatIsMissing };

const alignment = 64;

/** @returns instructions of the convolution of each method */
export function countInstructions(cases) {
  const folder = join(root, ".cache", "low-bit");
  const plugin = buildPlugin(folder);
  const program = join(folder, "stages");
  buildKernels(program, ["stages.c", "library.c"]);
  return Object.fromEntries(cases.map((each) => [each.name, instructionsOf(each, plugin, program, folder)]));
}

function instructionsOf(
  { name, program: network, tensors, input, stage, expected },
  plugin,
  program,
  folder,
) {
  const parts = [network, tensors, input];
  const padded = parts.map((part) => Buffer.concat([part], Math.ceil(part.length / alignment) * alignment));
  const header = Buffer.alloc(alignment);
  parts.forEach((part, i) => {
    header.writeUInt32LE(part.length, 4 * i);
  });
  const file = join(folder, "job.bin");
  writeFileSync(file, Buffer.concat([header, ...padded]));
  const { sections, output } = runCounted(plugin, program, [file]);
  assert.equal(Number(output), hashOf(expected), `the output of ${name} differs from the reference`);
  return sections.find(({ section }) => section === stage + 1).instructions;
}

/** FNV-1a, 32 bits, of the array's bytes. */
function hashOf({ buffer, byteOffset, byteLength }) {
  let hash = 2166136261;
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}
