import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Backend, chooseBackend, warningLine } from "../../src/nn/backend.ts";
import { loadWasm } from "../../src/nn/kernels/load-wasm.ts";
import { loadAddon, type NativeAddon } from "../../src/nn/kernels/native.ts";

/** The addon of this machine, or the kernels in WebAssembly, of which these variants give wrong results. */
function addonWithWrong(wrong: readonly string[], addon = loadAddon()): NativeAddon {
  const broken = new Set<object>();
  return {
    ...addon,
    createNetwork(program, tensors, variant) {
      const network = addon.createNetwork(program, tensors, variant);
      if (wrong.includes(variant)) broken.add(network);
      return network;
    },
    run(network, input, output) {
      addon.run(network, input, output);
      // The smallest change that there is, in one number of all.
      if (broken.has(network)) new Int32Array(output.buffer)[output.length >> 1]! ^= 1;
    },
  };
}

const lineOf = ({ warning }: Backend) => warningLine(warning!);
const variants = loadAddon().variants();
const wasmVariants = ["wasm", "wasm-plain"];

/** What happens where there are none. */
const noAddon = () => loadAddon("/nowhere/xnorcam.node");
const noWasm = () => loadWasm("/nowhere");

describe("the choice of kernels", () => {
  it("takes the best native ones that this machine can run, without a word", () => {
    const backend = chooseBackend({ wanted: undefined });
    expect(backend.kernels).toBe(variants[0]);
    expect(backend.addon).toBeDefined();
    expect(backend.warning).toBeUndefined();
  });

  it.each(["reference", ...variants, ...wasmVariants])("takes %s when that is wanted", (wanted) => {
    const backend = chooseBackend({ wanted });
    expect(backend.kernels).toBe(wanted);
    expect(backend.addon === undefined).toBe(wanted === "reference");
    expect(backend.warning).toBeUndefined();
  });

  it("refuses kernels that are not there, and says what is", () => {
    let message = "";
    try {
      chooseBackend({ wanted: "mmx" });
    } catch (error) {
      expect(error).toMatchObject({ code: "XC_KERNELS_UNAVAILABLE" });
      message = (error as Error).message;
    }
    expect(message).toContain('"mmx"');
    expect(message).toContain(["reference", ...variants, ...wasmVariants].join(", "));
    expect(message).toContain("XNORCAM_KERNELS");
    expect(message).not.toContain("\n");
  });

  it("without an addon takes those in WebAssembly, and says why, how much slower it is, and what to do", () => {
    const backend = chooseBackend({ wanted: undefined, load: noAddon });
    expect(backend.kernels).toBe("wasm");
    expect(backend.addon?.variants()).toEqual(wasmVariants);
    expect(lineOf(backend)).toMatch(
      /are not built .*WebAssembly computes, .*times slower.*install a C compiler .*npm run build/,
    );
    expect(() => chooseBackend({ wanted: "avx2", load: noAddon })).toThrow(
      /no kernels "avx2" .* available are reference, wasm, wasm-plain; .*not built/,
    );
  });

  it("with neither takes the reference, and says it in one line", () => {
    const backend = chooseBackend({ wanted: undefined, load: noAddon, loadWasm: noWasm });
    expect(backend.kernels).toBe("reference");
    expect(lineOf(backend)).toMatch(
      /are not built .*the kernels in WebAssembly cannot be loaded \(ENOENT.*plain TypeScript computes, .*times slower.*install/,
    );
    expect(lineOf(backend)).not.toContain("\n");
    expect(() => chooseBackend({ wanted: "wasm", load: noAddon, loadWasm: noWasm })).toThrow(
      /no kernels "wasm" .* available are reference; .*not built.*; the kernels in WebAssembly cannot be loaded/,
    );
  });

  it("does not load WebAssembly where native kernels are sound", () => {
    let loaded = 0;
    const counted = () => {
      loaded++;
      return loadWasm();
    };
    expect(chooseBackend({ wanted: undefined, loadWasm: counted }).kernels).toBe(variants[0]);
    expect(loaded).toBe(0);
  });

  it("says in one line when the addon is there and cannot be loaded", () => {
    const file = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "xnorcam.node");
    writeFileSync(file, "cut off");
    const backend = chooseBackend({ wanted: undefined, load: () => loadAddon(file) });
    expect(backend.kernels).toBe("wasm");
    expect(lineOf(backend)).toMatch(/^the native kernels cannot be loaded \(.+\)/);
    expect(lineOf(backend)).not.toContain("\n");
  });

  it("passes over kernels that fail their self-test, loudly", () => {
    const [best, next = "wasm"] = variants;
    const backend = chooseBackend({ wanted: undefined, load: () => addonWithWrong([best!]) });
    expect(backend.kernels).toBe(next);
    expect(lineOf(backend)).toContain(`the ${best} kernels compute wrongly on this machine`);
  });

  it("passes over all native ones, and of those in WebAssembly the ones with vectors, when these fail", () => {
    const backend = chooseBackend({
      wanted: undefined,
      load: () => addonWithWrong(variants),
      loadWasm: () => addonWithWrong(["wasm"], loadWasm()),
    });
    expect(backend.kernels).toBe("wasm-plain");
    for (const variant of [...variants, "wasm"])
      expect(lineOf(backend)).toContain(`the ${variant} kernels compute wrongly`);
  });

  it("falls back to the reference when all of them fail, loudly", () => {
    const backend = chooseBackend({
      wanted: undefined,
      load: () => addonWithWrong(variants),
      loadWasm: () => addonWithWrong(wasmVariants, loadWasm()),
    });
    expect(backend.kernels).toBe("reference");
    for (const variant of [...variants, ...wasmVariants])
      expect(lineOf(backend)).toContain(`the ${variant} kernels compute wrongly`);
    expect(lineOf(backend)).toContain("times slower");
    expect(() => chooseBackend({ wanted: "portable", load: () => addonWithWrong(variants) })).toThrow(
      /the portable kernels compute wrongly on this machine: output/,
    );
  });
});
