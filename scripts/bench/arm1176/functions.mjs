// Sums a profile (instruction addresses with their cycles) by function.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** @returns functions of the program, those with most cycles first */
export function cyclesByFunction(program, profile) {
  const { stdout } = spawnSync("arm-linux-gnueabihf-nm", ["--numeric-sort", "--defined-only", program], {
    encoding: "utf8",
  });
  const symbols = stdout
    .split("\n")
    .map((line) => /^([0-9a-f]+) [tTwW] ([^$.].*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, address, name]) => ({ address: Number.parseInt(address, 16), name }));
  const functions = new Map();
  for (const line of readFileSync(profile, "utf8").trim().split("\n")) {
    const [address, executed, cycles] = line.split(" ");
    const name = functionAt(symbols, Number.parseInt(address, 16));
    const sum = functions.get(name) ?? { name, instructions: 0, cycles: 0 };
    sum.instructions += Number(executed);
    sum.cycles += Number(cycles);
    functions.set(name, sum);
  }
  return [...functions.values()].sort((a, b) => b.cycles - a.cycles);
}

function functionAt(symbols, address) {
  return symbols.findLast((symbol) => symbol.address <= address)?.name ?? "(unknown)";
}
