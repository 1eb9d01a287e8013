// Builds programs for an ARM1176 and runs them under qemu-arm with the plugin that counts and estimates cycles.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const pluginSources = [
  "plugin.c",
  "instruction.c",
  "instruction-vfp.c",
  "pipeline.c",
  "vector.c",
  "cache.c",
  "branch.c",
];

/** The plugin speaks version 1 of QEMU's plugin interface, which 8.2 replaced. Debian 12 has 7.2. */
const firstQemu = [4, 2];
const lastQemu = [8, 1];

const tools = [
  { program: "cc", debianPackage: "gcc" },
  { program: "qemu-arm", debianPackage: "qemu-user" },
  { program: "arm-linux-gnueabihf-gcc", debianPackage: "gcc-arm-linux-gnueabihf" },
];

/** For every object of a program: ARMv6 code in ARM state, the calling convention of Raspberry Pi OS. */
export const chipFlags = ["-marm", "-mcpu=arm1176jzf-s", "-mfpu=vfp", "-mfloat-abi=hard"];

/** Where an ARM program finds the driver's headers. */
export const includeFlag = `-I${here}`;

/** Sources that every program needs in place of the C library. */
export const runtimeSources = ["start.S", "freestanding.c"].map((file) => join(here, file));

/** @returns one line that says what is missing and how to get it, or undefined when everything is here */
export function whatIsMissing() {
  const missing = tools.filter(({ program }) => spawnSync(program, ["--version"]).status !== 0);
  if (missing.length > 0) {
    const names = missing.map(({ program }) => program).join(", ");
    const packages = missing.map(({ debianPackage }) => debianPackage).join(" ");
    return `${names} cannot be run; please run: sudo apt-get install ${packages}`;
  }
  const text = spawnSync("qemu-arm", ["--version"], { encoding: "utf8" }).stdout;
  const version = /version (\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [0, 0];
  const isOld = compareVersions(version, firstQemu) < 0;
  if (isOld || compareVersions(version, lastQemu) > 0) {
    return `qemu-arm is ${version.join(".")}, the plugin needs 4.2 to 8.1; Debian 12 (bookworm) has 7.2`;
  }
  return undefined;
}

function compareVersions(a, b) {
  return a[0] - b[0] || a[1] - b[1];
}

/**
 * Compiles the plugin for this machine.
 * @param folder where it goes
 * @returns its path
 */
export function buildPlugin(folder) {
  mkdirSync(folder, { recursive: true });
  const plugin = join(folder, "arm1176.so");
  const flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden"];
  execute("cc", [...flags, "-o", plugin, ...pluginSources.map((file) => join(here, file))]);
  return plugin;
}

/**
 * Compiles and links a program without the C library.
 * @param program path of the executable
 * @param sources C and assembly files, those of `runtimeSources` aside
 * @param flags of the compiler, `chipFlags` aside
 */
export function buildProgram(program, sources, flags = []) {
  // Or the compiler makes calls of memset of the loops in memset.
  const runtimeFlags = ["-O2", "-ffreestanding", "-fno-tree-loop-distribute-patterns"];
  const runtime = runtimeSources.map((source, i) => {
    const object = `${program}.runtime-${i}.o`;
    execute("arm-linux-gnueabihf-gcc", [...chipFlags, ...runtimeFlags, "-c", source, "-o", object]);
    return object;
  });
  const link = ["-static", "-nostdlib", "-no-pie", includeFlag];
  execute("arm-linux-gnueabihf-gcc", [
    ...chipFlags,
    ...flags,
    ...link,
    ...sources,
    ...runtime,
    "-o",
    program,
  ]);
}

/**
 * Runs a program under the plugin.
 * @param options.costs cycles of the memory: fill, fill_bus, write_bus, walk; those left out keep the plugin's own
 * @param options.profile file for the instructions with their cycles
 * @returns what each section (freestanding.h) executed, and what the program printed
 */
export function runCounted(plugin, program, args = [], { costs = {}, profile } = {}) {
  const report = `${program}.report.json`;
  const settings = Object.entries({ out: report, profile, ...costs });
  const pluginArgs = settings.flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  const output = execute("qemu-arm", [
    "-cpu",
    "arm1176",
    "-plugin",
    [plugin, ...pluginArgs].join(","),
    program,
    ...args,
  ]);
  return { sections: JSON.parse(readFileSync(report, "utf8")), output };
}

/** Runs a program to its end. @returns what it printed @throws Error with its name and the first line of its complaint */
function execute(program, args) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status === 0) return stdout;
  const said = (stderr.trim() || stdout.trim()).split("\n").slice(0, 5).join("\n");
  throw new Error(`${program} ended with ${signal ?? status}: ${said}`);
}
