// The kernels as they are in the addon for a Pi Zero, less what ties them to Node, with a driver.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commonFlags, shared, targets } from "../../native.mjs";
import { buildProgram } from "./toolchain.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const native = fileURLToPath(new URL("../../../src/native", import.meta.url));

/** freestanding.c has the divisions. */
const replaced = ["node.c", "node_background.c", "armv6_divide.c"];
/** What the driver takes from src/native that Node has in TypeScript. */
const added = ["decode.c"];

/**
 * @param program path of the executable
 * @param drivers C files of this folder
 */
export function buildKernels(program, drivers) {
  const compiled = [...shared, ...targets["linux-arm"].variants].map(({ file }) => file);
  const kernels = [...compiled, ...added].filter((file) => !replaced.includes(file)).sort();
  const sources = [...drivers.map((file) => join(here, file)), ...kernels.map((file) => join(native, file))];
  buildProgram(program, sources, [...commonFlags, `-I${native}`]);
}
