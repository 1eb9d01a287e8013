// Compiles src/native, the kernels in C, to a Node-API addon: `npm run prebuild` for all boards, `npm start` and
// `npm test` for this machine. Plain compiler calls: each variant of the kernels needs flags of its own.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "src", "native");

/** All operations are rounded one by one, as the reference rounds them: no multiply-add in one. */
export const commonFlags = [
  "-std=c11",
  "-O3",
  "-fPIC",
  "-fvisibility=hidden",
  "-ffp-contract=off",
  "-fno-math-errno",
];
export const warnings = ["-Wall", "-Wextra", "-Werror"];

/** What layers are computed by, in WebAssembly, too. */
export const layerFiles = [
  ...["low_bit.c", "binary_weight.c", "activation_scale.c", "batch_norm.c", "real_conv.c", "maps.c"],
  ...["padding.c", "threshold.c"],
];
/** Of every target, beside its variants. */
export const shared = [
  ...["network.c", "check.c", "gather.c", "resample.c", "node.c", "node_background.c"],
  ...layerFiles,
].map((file) => ({ file, flags: [] }));
/** Values, not exception flags, count: only so are both sides of a condition computed, and loops with one vectorized. */
export const vectorFlags = ["-fno-trapping-math"];
const portable = { file: "portable.c", flags: [] };
const x64 = [
  portable,
  { file: "avx2.c", flags: [...vectorFlags, "-mavx2"] },
  {
    file: "avx512.c",
    flags: [...vectorFlags, ...["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vpopcntdq"]],
  },
];
const neon = [portable, { file: "neon.c", flags: vectorFlags }];
const armv6 = [
  ...["armv6.c", "armv6_passes.c", "armv6_lookup.c", "armv6_pixels.c", "armv6_int8.c"],
  ...["armv6_pixel_lut.S", "armv6_lut.S", "armv6_table.S", "armv6_sums.S", "armv6_smlad.S"],
  ...["armv6_threshold.S", "armv6_divide.c", "resample_armv6.c", "resample_armv6_row.S"],
  ...["arm1176.c", "arm1176_post.S"],
].map((file) => ({ file, flags: [] }));
/** BCM2835: ARM1176JZF-S, no Thumb-2. Debian's start files and libgcc are ARMv7 code, so neither is linked. */
const armv6Flags = ["-marm", "-mcpu=arm1176jzf-s", "-mfpu=vfpv2", "-mfloat-abi=hard"];

/** Boards and machines: the compiler on a Debian machine, and what it compiles. */
export const targets = {
  "linux-arm": {
    compiler: "arm-linux-gnueabihf-gcc",
    debianPackage: "gcc-arm-linux-gnueabihf",
    flags: armv6Flags,
    linkFlags: ["-nostdlib"],
    libraries: ["-lc"],
    variants: [portable, ...armv6],
  },
  "linux-arm64": {
    compiler: "aarch64-linux-gnu-gcc",
    debianPackage: "gcc-aarch64-linux-gnu",
    variants: neon,
  },
  "linux-x64": { compiler: "x86_64-linux-gnu-gcc", debianPackage: "gcc", variants: x64 },
  "darwin-arm64": { compiler: "cc", linkFlags: ["-undefined", "dynamic_lookup"], variants: neon },
  "darwin-x64": { compiler: "cc", linkFlags: ["-undefined", "dynamic_lookup"], variants: x64 },
};

/** The target that this Node runs on. */
export const host = `${process.platform}-${process.arch}`;

/** Where the addon of a target lies. */
export function addonPath(target) {
  return join(root, "dist", "native", target, "xnorcam.node");
}

/** An addon that ends the process at the first access out of bounds and the first undefined behavior. */
export const sanitized = {
  name: `${host}-sanitized`,
  flags: ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"],
};

/** Whether the addon is missing or older than a source. */
export function isAddonStale(target) {
  const addon = addonPath(target);
  if (!existsSync(addon)) return true;
  const built = statSync(addon).mtimeMs;
  const files = [fileURLToPath(import.meta.url), ...readdirSync(sources).map((file) => join(sources, file))];
  return files.some((file) => statSync(file).mtimeMs > built);
}

/**
 * Compiles the addon of a target.
 * @param options.compiler in place of the target's own
 * @param options.name of its folder in dist/native, in place of the target's
 * @param options.flags for compiler and linker, in addition
 * @returns undefined, or one line that says what went wrong
 */
export function buildAddon(target, { compiler = targets[target]?.compiler, name = target, flags = [] } = {}) {
  const settings = targets[target];
  if (settings === undefined) return `there are no native kernels for ${target}`;
  const headers = createRequire(import.meta.url)("node-api-headers").include_dir;
  const addon = addonPath(name);
  mkdirSync(dirname(addon), { recursive: true });
  // A folder of its own: two builds at a time do not get in each other's way.
  const folder = mkdtempSync(join(dirname(addon), "build-"));
  try {
    const allFlags = [...(settings.flags ?? []), ...flags];
    const objects = [];
    for (const { file, flags: own } of [...shared, ...settings.variants]) {
      const object = join(folder, file.replace(/\.[cS]$/, ".o"));
      const inputs = ["-DNAPI_VERSION=8", `-I${headers}`, "-c", join(sources, file), "-o", object];
      const problem = compile(compiler, [...commonFlags, ...warnings, ...allFlags, ...own, ...inputs]);
      if (problem !== undefined) return problem;
      objects.push(object);
    }
    const part = join(folder, "xnorcam.node");
    const strip = flags.includes("-g") ? [] : ["-s"];
    const linkFlags = ["-shared", ...strip, ...(settings.linkFlags ?? [])];
    const problem = compile(compiler, [
      ...allFlags,
      ...linkFlags,
      ...objects,
      ...(settings.libraries ?? []),
      "-o",
      part,
    ]);
    if (problem === undefined) renameSync(part, addon);
    return problem;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Compiles the addon of this machine if it is missing or older than a source.
 * @returns undefined, or one line that says why there is none that is up to date
 */
export function buildOwnAddon() {
  return isAddonStale(host) ? buildAddon(host, { compiler: "cc" }) : undefined;
}

function compile(compiler, args) {
  const { error, status, stderr } = spawnSync(compiler, args, { encoding: "utf8" });
  if (error !== undefined) return `${compiler} cannot be run (${error.code ?? error.message})`;
  return status === 0 ? undefined : `${compiler} failed: ${stderr.trim().split("\n")[0]}`;
}
