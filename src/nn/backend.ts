import { messageOf, XnorcamError } from "../errors.ts";
import {
  addonBackend,
  type Backend,
  type KernelsWarning,
  problemOf,
  referenceBackend,
  soundVariant,
} from "./kernel-backend.ts";
import { loadWasm } from "./kernels/load-wasm.ts";
import { addonFile, loadAddon, type NativeAddon } from "./kernels/native.ts";

export { type Backend, type KernelsWarning, referenceBackend } from "./kernel-backend.ts";

/** Forces the kernels, for measuring and for finding faults. */
export const kernelsVariable = "XNORCAM_KERNELS";

export interface BackendOptions {
  /** "reference", "wasm", "portable", "avx2", …; without it the best that works. By default, what the environment says. */
  readonly wanted?: string | undefined;
  /** Loads the native kernels. @throws Error when there are none, or they cannot be loaded */
  readonly load?: () => NativeAddon;
  /** Loads those in WebAssembly, when they are needed. @throws Error likewise */
  readonly loadWasm?: () => NativeAddon;
}

/**
 * Picks the kernels: the best native variant that this CPU can run and whose self-test gives what the reference gives;
 * else those in WebAssembly, tested likewise; else the reference. All but the first come with a warning.
 * @throws XnorcamError XC_KERNELS_UNAVAILABLE when the wanted ones are unknown, not there or wrong
 */
export function chooseBackend({
  wanted = process.env[kernelsVariable] || undefined,
  load = loadAddon,
  loadWasm: loadModules = loadWasm,
}: BackendOptions = {}): Backend {
  if (wanted === "reference") return referenceBackend();
  const native = tryTo(load);
  if (wanted !== undefined) return forcedBackend(wanted, native, () => tryTo(loadModules));

  const tested = native instanceof Error ? { wrong: [] } : soundVariant(native);
  if (!(native instanceof Error) && tested.variant !== undefined) {
    return addonBackend(native, tested.variant, wrongVariants(tested.wrong));
  }
  const why = native instanceof Error ? [reasonOf(native)] : tested.wrong;
  const fix = native instanceof Error ? installCompiler : rebuild;
  const wasm = tryTo(loadModules);
  if (wasm instanceof Error) return referenceBackend(slowWarning([...why, noWasm(wasm)], "reference", fix));
  const { variant, wrong } = soundVariant(wasm);
  if (variant === undefined) return referenceBackend(slowWarning([...why, ...wrong], "reference", fix));
  return addonBackend(wasm, variant, slowWarning([...why, ...wrong], "wasm", fix));
}

/**
 * The best kernels of one kind, and nothing in their place: for measuring.
 * @returns why there are none, in one line, where there are none that work
 */
export function backendOf(kind: "native" | "wasm"): Backend | string {
  const addon = tryTo(kind === "native" ? loadAddon : loadWasm);
  if (addon instanceof Error) return kind === "native" ? reasonOf(addon) : noWasm(addon);
  const { variant, wrong } = soundVariant(addon);
  return variant === undefined ? wrong.join("; ") : addonBackend(addon, variant);
}

const rebuild = "npm run build; if that does not help, please report it";
const installCompiler = "install a C compiler (sudo apt install gcc), then npm run build";

/** By `xnorcam bench --kernels` on x86-64, against AVX2 and against AVX-512. */
const slower = {
  wasm: "WebAssembly computes, 3 to 6 times slower",
  reference: "plain TypeScript computes, 40 to 80 times slower",
} as const;

function slowWarning(
  problems: readonly string[],
  computes: keyof typeof slower,
  fix: string,
): KernelsWarning {
  return { problem: `${problems.join("; ")}: ${slower[computes]}`, fix };
}

function wrongVariants(wrong: readonly string[]): KernelsWarning | undefined {
  return wrong.length === 0 ? undefined : { problem: wrong.join("; "), fix: rebuild };
}

function forcedBackend(
  wanted: string,
  native: NativeAddon | Error,
  loadModules: () => NativeAddon | Error,
): Backend {
  const variantsOf = (addon: NativeAddon | Error) => (addon instanceof Error ? [] : addon.variants());
  const addon = variantsOf(native).includes(wanted) ? native : loadModules();
  if (addon instanceof Error || !variantsOf(addon).includes(wanted)) {
    const available = ["reference", ...variantsOf(native), ...variantsOf(addon)].join(", ");
    const reasons = [
      ...(native instanceof Error ? [reasonOf(native)] : []),
      ...(addon instanceof Error ? [noWasm(addon)] : []),
    ];
    const why = reasons.map((reason) => `; ${reason}`).join("");
    throw unavailable(`there are no kernels "${wanted}" on this machine, available are ${available}${why}`);
  }
  const problem = problemOf(addon, wanted);
  if (problem !== undefined)
    throw unavailable(`the ${wanted} kernels compute wrongly on this machine: ${problem}`);
  return addonBackend(addon, wanted);
}

function unavailable(message: string): XnorcamError {
  const fix = `set ${kernelsVariable} or --kernels to another, or to nothing for the best`;
  return new XnorcamError("XC_KERNELS_UNAVAILABLE", `${message}; ${fix}`);
}

/** A warning as one line. */
export function warningLine({ problem, fix }: KernelsWarning): string {
  return `${problem}; fix: ${fix}`;
}

function reasonOf(error: Error): string {
  if ("code" in error && error.code === "MODULE_NOT_FOUND") {
    return `the native kernels of ${process.platform}-${process.arch} are not built (${addonFile} is missing)`;
  }
  return `the native kernels cannot be loaded (${firstLine(error)})`;
}

function noWasm(error: Error): string {
  return `the kernels in WebAssembly cannot be loaded (${firstLine(error)})`;
}

function firstLine(error: Error): string {
  return messageOf(error).split("\n")[0] ?? "";
}

function tryTo<Result>(action: () => Result): Result | Error {
  try {
    return action();
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error), { cause: error });
  }
}
