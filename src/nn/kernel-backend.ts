import { messageOf } from "../errors.ts";
import type { Graph } from "./graph.ts";
import type { NativeAddon } from "./kernels/addon.ts";
import { createReferenceKernels } from "./kernels/reference.ts";
import type { ModelFile } from "./model-file.ts";
import { NativeNetwork } from "./native-network.ts";
import { type Engine, Network } from "./network.ts";
import { selfTest } from "./self-test.ts";

/** One line, in two parts. */
export interface KernelsWarning {
  readonly problem: string;
  readonly fix: string;
}

/** What networks run on. */
export interface Backend {
  /** "reference", the TypeScript that defines the truth, or a variant of the native kernels. */
  readonly kernels: string;
  /** Absent for "reference". */
  readonly addon?: NativeAddon;
  /** Why it is slower than it could be; absent when all is well. */
  readonly warning?: KernelsWarning;
  /**
   * @param outputNames layers whose output is read after a run
   * @throws XnorcamError XC_MODEL_INVALID that names the layer or tensor
   */
  createEngine(graph: Graph, model: ModelFile, outputNames: readonly string[]): Engine;
}

/** The kernels that run anywhere. */
export function referenceBackend(warning?: KernelsWarning): Backend {
  return {
    kernels: "reference",
    ...(warning === undefined ? {} : { warning }),
    createEngine: (graph, model, outputNames) =>
      new Network(graph, model, createReferenceKernels(), outputNames),
  };
}

/** A variant of the kernels in C, as an addon or in WebAssembly. */
export function addonBackend(addon: NativeAddon, kernels: string, warning?: KernelsWarning): Backend {
  return {
    kernels,
    addon,
    ...(warning === undefined ? {} : { warning }),
    createEngine: (graph, model, outputNames) => new NativeNetwork(graph, model, addon, kernels, outputNames),
  };
}

/** Why a variant cannot be trusted; undefined when it can. */
export function problemOf(addon: NativeAddon, variant: string): string | undefined {
  try {
    return selfTest(addon, variant);
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * The best variant whose self-test gives what the reference gives.
 * @returns none, if all fail; and a line about each one that is better and fails
 */
export function soundVariant(addon: NativeAddon): { variant?: string; wrong: string[] } {
  const wrong: string[] = [];
  for (const variant of addon.variants()) {
    const problem = problemOf(addon, variant);
    if (problem === undefined) return { variant, wrong };
    wrong.push(`the ${variant} kernels compute wrongly on this machine and are not used (${problem})`);
  }
  return { wrong };
}
