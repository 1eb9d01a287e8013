// `npm run prebuild`: compiles the native kernels for the boards and machines that a release comes with, on Debian with
// its cross compilers. npm runs it before `npm run build`, too, so what is up to date is left alone and what has no
// compiler here is passed over with a line that says what to install.
//
//   node scripts/prebuild.mjs TARGET…      these, all of them, or it fails; wasm is WebAssembly, for all machines
//   node scripts/prebuild.mjs --symbols    linux-arm-symbols, for looking at its instructions
//   node scripts/prebuild.mjs --sanitized  the one of this machine, with AddressSanitizer and UBSan
import { buildAddon, host, isAddonStale, sanitized, targets } from "./native.mjs";
import { fail, findProgram, say } from "./setup.mjs";
import { buildWasm, isWasmStale, wasmTools } from "./wasm.mjs";

/** What a target is compiled with. */
const toolsOf = (target) =>
  target === "wasm"
    ? wasmTools
    : [
        {
          package: targets[target].debianPackage ?? "a C compiler",
          programs: [targets[target].compiler],
        },
      ];

const words = process.argv.slice(2);
if (words.includes("--sanitized")) build(host, { compiler: "cc", ...sanitized });
else if (words.includes("--symbols")) build("linux-arm", { name: "linux-arm-symbols", flags: ["-g"] });
else if (words.length > 0) buildAll(words, { must: true });
else buildAll(["linux-arm", "linux-arm64", "linux-x64", "wasm"], { must: false });

function buildAll(wanted, { must }) {
  const known = [...Object.keys(targets), "wasm"];
  const unknown = wanted.find((target) => !known.includes(target));
  if (unknown !== undefined) fail(`there is no target ${unknown}, expected ${known.join(", ")}`);
  const isHere = ({ programs }) => findProgram(programs) !== undefined;
  const missing = wanted.filter((target) => !toolsOf(target).every(isHere));
  if (missing.length > 0) {
    const packages = missing.flatMap((target) => toolsOf(target).map((tool) => tool.package));
    const line = `no compiler for ${missing.join(" and ")}: sudo apt-get install ${packages.join(" ")}`;
    if (must) fail(line);
    say(`WARNING: ${line}`);
  }
  for (const target of wanted.filter((each) => !missing.includes(each))) build(target);
}

function build(target, options = {}) {
  const name = options.name ?? target;
  const isWasm = target === "wasm";
  if (!(isWasm ? isWasmStale() : isAddonStale(name))) return;
  const problem = isWasm ? buildWasm() : buildAddon(target, options);
  if (problem !== undefined) fail(problem);
  say(`built the native kernels ${name}`);
}
