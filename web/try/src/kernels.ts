import plainUrl from "../../../src/native/prebuilt/xnorcam.wasm?url";
import simd128Url from "../../../src/native/prebuilt/xnorcam-simd128.wasm?url";
import { addonBackend, type Backend, problemOf, referenceBackend } from "../../../src/nn/kernel-backend.ts";
import type { NativeAddon } from "../../../src/nn/kernels/addon.ts";
import { createWasmAddon } from "../../../src/nn/kernels/wasm.ts";
import { fetchBytes } from "./fetch-bytes.ts";
import type { Kernels } from "./messages.ts";

/** What this browser computes with. */
export class BrowserKernels {
  /** Those that give what the reference gives, the best first. */
  readonly available: readonly Kernels[];
  /** Why the best ones are slower than they could be; null when all is well. */
  readonly warning: string | null;
  readonly #addon: NativeAddon | null;

  private constructor(addon: NativeAddon | null, warning: string | null) {
    const problems = new Map((addon?.variants() ?? []).map((name) => [name, problemOf(addon!, name)]));
    const sound = [...problems].filter(([, problem]) => problem === undefined).map(([name]) => name);
    const wrong = [...problems].find(([, problem]) => problem !== undefined);
    this.#addon = addon;
    this.available = [...(sound as Kernels[]), "reference"];
    this.warning =
      warning ?? (wrong === undefined ? null : `The ${wrong[0]} kernels compute wrongly here: ${wrong[1]}.`);
  }

  /** Fetches the kernels, the ones that this browser can run. @throws Error when the network is gone */
  static async load(): Promise<BrowserKernels> {
    if (typeof WebAssembly === "undefined") {
      return new BrowserKernels(
        null,
        "This browser has no WebAssembly, or it is switched off: plain JavaScript computes, about 20 times slower.",
      );
    }
    const simd128 = await compiled(simd128Url);
    if (simd128 !== undefined) return new BrowserKernels(createWasmAddon({ simd128 }), null);
    const plain = await compiled(plainUrl);
    return plain === undefined
      ? new BrowserKernels(
          null,
          "This browser cannot run the kernels in WebAssembly: plain JavaScript computes, about 20 times slower.",
        )
      : new BrowserKernels(
          createWasmAddon({ plain }),
          "This browser's WebAssembly has no vectors (SIMD): the network takes about 4 times longer.",
        );
  }

  /** @param wanted one of `available`; null for the best */
  backend(wanted: Kernels | null): Backend {
    const kernels = wanted ?? this.available[0]!;
    if (kernels === "reference" || this.#addon === null) return referenceBackend();
    return addonBackend(this.#addon, kernels);
  }
}

/** undefined where this browser cannot run the module, or a policy forbids it. */
async function compiled(url: string): Promise<WebAssembly.Module | undefined> {
  const bytes = await fetchBytes(url);
  if (!WebAssembly.validate(bytes)) return undefined;
  return WebAssembly.compile(bytes).catch(() => undefined);
}
