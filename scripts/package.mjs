// `npm run package -- --target linux-arm|linux-arm64|linux-x64 [--headers FOLDER] [--out FOLDER]`: makes one archive
// with program, page, models and production packages, native parts compiled for the target, that scripts/install.sh
// installs without a compiler.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { bundleProgram, unbundled } from "./bundle.mjs";
import { addonPath, buildAddon } from "./native.mjs";
import { findNewInstructions } from "./package/armv6.mjs";
import { compileEpoll, nativeFiles, targets } from "./package/native.mjs";
import { buildIfStale, ensureSystemPackages, fail, root, run, say } from "./setup.mjs";

/** Besides the "files" of package.json; installed by scripts/install.sh. */
const more = [
  "README.md",
  "LICENSE",
  "package.json",
  "scripts/install.sh",
  "scripts/outputs-off.sh",
  "systemd",
];
/** Of packages, what no program reads. */
const unread = [
  "*.map",
  "*.d.ts",
  "*.d.cts",
  "*.d.mts",
  "*.md",
  "*.cc",
  "*.h",
  "test",
  "tests",
  "example",
  "benchmarks",
];

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    headers: { type: "string", default: join(dirname(dirname(process.execPath)), "include", "node") },
    out: { type: "string", default: join(root, "release") },
  },
});
const target = targets[values.target ?? ""];
if (target === undefined) fail(`--target must be one of ${Object.keys(targets).join(", ")}`);
const nodeVersion = versionOf(values.headers);

if (!(await buildIfStale())) fail("the sources do not compile");
ensureSystemPackages(`to compile for ${values.target}`, target.packages);
const problem = buildAddon(values.target);
if (problem !== undefined) fail(problem);
const { name, version, files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folder = join(values.out, `${name}-${version}-${values.target}`);
rmSync(folder, { recursive: true, force: true });
copyProgram();
writeLicenses((await bundleProgram(join(folder, "dist"))) ?? fail("the program could not be bundled"));
installPackages();
compileEpoll(join(folder, "node_modules"), target, values.headers);
prune();
check();
pack();

function copyProgram() {
  // "scripts/*.mjs" names what `npm start` needs, which an installed program does not.
  const shipped = files.filter((each) => !each.includes("*") && each !== "src/native");
  for (const part of [...shipped, ...more]) {
    mkdirSync(dirname(join(folder, part)), { recursive: true });
    // Of the pages, only what was built; neither modules that are bundled, nor the kernels of other machines, nor the
    // models twice.
    const isRead = (path) =>
      !/^(web\/(?!dist(\/|$))|dist\/(?!native(\/|$)|try(\/|$))|dist\/native\/(?!wasm)|dist\/try\/models\/)/.test(
        relative(root, path),
      );
    cpSync(join(root, part), join(folder, part), { recursive: true, filter: isRead });
  }
  const addon = addonPath(values.target);
  cpSync(addon, join(folder, relative(root, addon)));
}

/** Of the packages that became part of the program. @param files paths of all files in the bundle */
function writeLicenses(files) {
  const packages = new Set(files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]));
  packages.delete(undefined);
  const texts = [...packages].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
    const file = readdirSync(join(root, path)).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? "" : `\n\n${readFileSync(join(root, path, file), "utf8").trim()}`;
    return `${name} ${version}, ${license}${text}\n`;
  });
  writeFileSync(join(folder, "dist", "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

/** Those that are no part of the bundle, in the versions of the lock file. */
function installPackages() {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const isUnbundled = ([name]) => unbundled.includes(name);
  manifest.dependencies = Object.fromEntries(Object.entries(manifest.dependencies).filter(isUnbundled));
  delete manifest.devDependencies;
  delete manifest.optionalDependencies;
  delete manifest.scripts;
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(root, "package-lock.json"), join(folder, "package-lock.json"));
  const where = ["--prefix", folder, `--cpu=${target.cpu}`, "--os=linux", "--libc=glibc"];
  const args = ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", ...where];
  if (!run("npm", args)) fail("npm could not install the packages; its messages above say why");
  rmSync(join(folder, "package-lock.json"));
}

function prune() {
  const names = unread.flatMap((each) => ["-o", "-name", each]).slice(1);
  const licenses = ["-not", "-iname", "license*"];
  run("find", [
    join(folder, "node_modules"),
    "-depth",
    "(",
    ...names,
    ")",
    ...licenses,
    "-exec",
    "rm",
    "-rf",
    "{}",
    "+",
  ]);
  const unneeded = ["nan", ".bin", "bindings", "file-uri-to-path"];
  for (const each of unneeded) rmSync(join(folder, "node_modules", each), { recursive: true, force: true });
}

/** An ARMv7 instruction ends the program on a Pi Zero, perhaps only on the day of an alarm. */
function check() {
  if (values.target !== "linux-arm") return;
  for (const file of nativeFiles(folder)) {
    const { newer, neon } = findNewInstructions(file);
    const shown = file.slice(folder.length + 1);
    if (newer.length > 0) fail(`${shown} has instructions of ARMv7: ${newer.join("; ")}`);
    say(
      `${shown}: no ARMv7 instruction${neon > 0 ? `, ${neon} of NEON, which libvips runs only where the kernel says that it is there` : ""}`,
    );
  }
}

function pack() {
  const archive = `${folder}.tar.xz`;
  const options = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=2026-01-01"];
  const done = run(
    "tar",
    [...options, "-C", values.out, "-cJf", archive, folder.slice(values.out.length + 1)],
    {
      XZ_OPT: "-6",
    },
  );
  if (!done) fail("tar could not pack the archive");
  say(`${archive}: ${(statSync(archive).size / 1e6).toFixed(1)} MB, for Node ${nodeVersion}`);
}

/** epoll is bound to the interface of one version of Node. */
function versionOf(headers) {
  const file = join(headers, "node_version.h");
  if (!existsSync(file)) {
    fail(
      `${headers} has no headers of Node: give --headers the folder include/node of the target's version (node-v…-headers.tar.gz)`,
    );
  }
  const text = readFileSync(file, "utf8");
  const [major, minor] = ["MAJOR", "MINOR"].map((part) =>
    Number(new RegExp(`define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1]),
  );
  // A release has no compiled SQLite: Node brings one from 22.13 on.
  if (major < 22 || (major === 22 && minor < 13)) {
    fail(
      `${headers} is of Node ${major}.${minor}: a release is for 22.13 or later; give others with --headers`,
    );
  }
  if (values.target === "linux-arm" && major > 22) {
    fail(
      `${headers} is of Node ${major}: there is no later one than 22 for ARMv6; give others with --headers`,
    );
  }
  return major;
}
