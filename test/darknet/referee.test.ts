import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addonBackend, type Backend, referenceBackend } from "../../src/nn/kernel-backend.ts";
import { loadWasm } from "../../src/nn/kernels/load-wasm.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import {
  darknetFiles,
  fillWithNoise,
  imported,
  largestDifference,
  seenByReferee,
  seenInNoise,
} from "../helpers/darknet.ts";
import { fixture } from "../helpers/paths.ts";

/** Debian's Python, which sees what apt installed: OpenCV with its dnn, and the library of the package darknet. */
const python = "/usr/bin/python3";
const needs = "import cv2, ctypes; cv2.dnn; ctypes.CDLL('/usr/lib/darknet/libdarknet.so')";
const hasReferees = spawnSync(python, ["-c", needs]).status === 0;
if (!hasReferees) {
  console.error("IMPORTS ARE NOT CHECKED ANEW HERE: sudo apt-get install python3-opencv darknet");
}

/** Darknet's XNOR layers, and all of OpenCV's. */
const networks = ["float", "region", "xnor"] as const;

describe("an imported network", () => {
  it.each(networks)("sees what OpenCV and Darknet wrote down: %s", (name) => {
    const seen = seenInNoise(imported(darknetFiles(name)));
    expect(largestDifference(seen, seenByReferee(name))).toBeLessThan(1e-3);
  });

  it.each(networks)("gives the same to the last bit on every kernels: %s", (name) => {
    const files = darknetFiles(name);
    const outputsOf = (backend: Backend) => {
      const { engines, head } = imported(files, backend);
      const { engine } = engines.engineFor(engines.limits.width, engines.limits.height);
      fillWithNoise(engine.input);
      engine.run();
      expect(engine.kernels).toBe(backend.kernels);
      return head.outputs.map(({ layer }) => engine.output(layer).data);
    };
    const wanted = outputsOf(referenceBackend());
    const addons = [loadAddon(), loadWasm()];
    for (const backend of addons.flatMap((addon) =>
      addon.variants().map((variant) => addonBackend(addon, variant)),
    )) {
      expect(outputsOf(backend), backend.kernels).toEqual(wanted);
    }
  });

  it.skipIf(!hasReferees)("sees what OpenCV and Darknet see with other weights", () => {
    const folder = mkdtempSync(join(tmpdir(), "xnorcam-darknet-"));
    try {
      const script = "scripts/darknet/make_fixtures.py";
      const { status, stderr } = spawnSync(python, [script, fixture("darknet"), folder, "7"], {
        encoding: "utf8",
      });
      expect(status, stderr).toBe(0);
      for (const name of networks) {
        const seen = seenInNoise(imported(darknetFiles(name, folder)));
        expect(largestDifference(seen, seenByReferee(name, folder)), name).toBeLessThan(1e-3);
        // Others than those of the fixtures.
        expect(largestDifference(seen, seenByReferee(name)), name).toBeGreaterThan(1e-3);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
