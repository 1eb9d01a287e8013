// Times of one stage by each variant of the native kernels of this machine. They are of the processor, not of the clock, so
// that other processes count less.
import assert from "node:assert/strict";
import { loadAddon } from "../../../dist/nn/kernels/native.js";
import { buildOwnAddon } from "../../native.mjs";

/** So long a method is timed in a round, about. */
const roundMs = 2;

/**
 * @returns microseconds of each method by variant: the quickest of the rounds, in which the methods take turns, so that
 * how warm the machine is counts for none of them
 */
export function timeVariants(cases, rounds) {
  const problem = buildOwnAddon();
  if (problem !== undefined) throw new Error(problem);
  const addon = loadAddon();
  return Object.fromEntries(
    addon.variants().map((variant) => [variant, timeCases(cases, rounds, addon, variant)]),
  );
}

function timeCases(cases, rounds, addon, variant) {
  const timed = cases.map((each) => {
    const network = addon.createNetwork(each.program, each.tensors, variant);
    const output = new Float32Array(each.expected.length);
    addon.run(network, each.input, output);
    assert.deepEqual(output, each.expected, `${variant} differs from the reference in ${each.name}`);
    const run = () => addon.runStage(network, each.stage, each.input);
    return {
      name: each.name,
      run,
      repeats: repeatsOf(run),
    };
  });
  const best = Object.fromEntries(timed.map(({ name }) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run, repeats } of timed) {
      best[name] = Math.min(best[name], (1000 * millisecondsOf(run, repeats)) / repeats);
    }
  }
  return best;
}

/** Runs that take about as long as a round. */
function repeatsOf(run) {
  const start = performance.now();
  let repeats = 0;
  do {
    run();
    repeats++;
  } while (performance.now() - start < roundMs);
  return repeats;
}

function millisecondsOf(run, repeats) {
  const start = process.cpuUsage();
  for (let i = 0; i < repeats; i++) run();
  // How it is split between the two is an estimate, their sum is exact.
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
