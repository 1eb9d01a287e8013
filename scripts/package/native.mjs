// The native parts of a release, and how they are compiled for each target.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, run } from "../setup.mjs";

/**
 * Debian's ARM compiler brings start files and a libgcc for ARMv7, so nothing of them may be linked in: helpers come
 * from the shared libraries of the Pi, which are ARMv6 there.
 */
const armv6 = {
  compile: ["-march=armv6", "-mfpu=vfp", "-mfloat-abi=hard", "-marm"],
  link: ["-nostdlib", "-lstdc++", "-lm", "-lgcc_s", "-lc"],
};

export const targets = {
  "linux-arm": {
    cpu: "arm",
    compiler: "arm-linux-gnueabihf-g++",
    packages: [{ package: "g++-arm-linux-gnueabihf", programs: ["arm-linux-gnueabihf-g++"] }],
    ...armv6,
  },
  "linux-arm64": {
    cpu: "arm64",
    compiler: "aarch64-linux-gnu-g++",
    packages: [{ package: "g++-aarch64-linux-gnu", programs: ["aarch64-linux-gnu-g++"] }],
    compile: [],
    link: [],
  },
  "linux-x64": {
    cpu: "x64",
    compiler: "g++",
    packages: [{ package: "g++", programs: ["g++"] }],
    compile: [],
    link: [],
  },
};

/** Compiles epoll, on which onoff rests, in its place below `modules`. @param headers Node's folder include/node */
export function compileEpoll(modules, { compiler, compile, link }, headers) {
  const place = join(modules, "epoll", "build", "Release");
  mkdirSync(place, { recursive: true });
  const sources = [join(modules, "epoll", "src", "epoll.cc")];
  if (link.includes("-nostdlib")) sources.push(dsoHandle(place));
  const common = ["-shared", "-fPIC", "-O2", "-std=gnu++17", "-s", "-w", "-fno-exceptions", "-fno-rtti"];
  const defines = ["-DNODE_GYP_MODULE_NAME=epoll", "-DBUILDING_NODE_EXTENSION", "-D_FILE_OFFSET_BITS=64"];
  const includes = [headers, join(modules, "nan")].map((folder) => `-I${folder}`);
  const output = ["-o", join(place, "epoll.node")];
  const done = run(compiler, [
    ...common,
    ...compile,
    ...defines,
    ...includes,
    ...sources,
    ...output,
    ...link,
  ]);
  if (!done) fail("epoll could not be compiled; the messages above say why");
}

/** The one symbol of the start files that C++ needs: the address by which destructors know their library. */
function dsoHandle(place) {
  const file = join(place, "dso-handle.cc");
  writeFileSync(
    file,
    'extern "C" { __attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle; }\n',
  );
  return file;
}

/** Every native file of a release, our own kernels' addon among them. */
export function nativeFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => /\.node$|\.so(\.|$)/.test(path))
    .map((path) => join(folder, path))
    .sort();
}
