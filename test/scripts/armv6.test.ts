import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findNewInstructions } from "../../scripts/package/armv6.mjs";

const compiler = "arm-linux-gnueabihf-gcc";
const source = `
unsigned divide(unsigned a, unsigned b) { return a / b; }
unsigned field(unsigned a) { return (a >> 3) & 0x7f; }
unsigned constant(void) { return 0x12345678; }
float scale(float a, float b) { return a * b + 1; }
void fence(int *a) { __atomic_store_n(a, 1, __ATOMIC_SEQ_CST); }
`;

function hasCompiler(): boolean {
  if (spawnSync(compiler, ["--version"]).status === 0) return true;
  const line = `THE CHECK FOR ARMV7 INSTRUCTIONS IS NOT TESTED HERE: there is no ${compiler} (sudo apt install g++-arm-linux-gnueabihf)`;
  if (process.env.CI) throw new Error(line);
  console.error(line);
  return false;
}

describe.skipIf(!hasCompiler())("the check for instructions that a Pi Zero does not have", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-arm-"));
    writeFileSync(join(folder, "code.c"), source);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  function compiled(...flags: string[]): string {
    const file = join(folder, "code.so");
    execFileSync(compiler, ["-shared", "-fPIC", "-O2", "-o", file, join(folder, "code.c"), ...flags]);
    return file;
  }

  const forZero = ["-march=armv6", "-mfpu=vfp", "-mfloat-abi=hard", "-marm"];

  test("finds nothing in what is compiled for it, without Debian's start files", () => {
    expect(findNewInstructions(compiled(...forZero, "-nostdlib", "-lgcc_s"))).toEqual({ newer: [], neon: 0 });
  });

  test.each([
    ["ARMv7 in ARM state", ["-march=armv7-a", "-mfpu=vfp", "-marm"]],
    ["Thumb-2, the compiler's default", []],
    ["start files of ARMv7 around code of ARMv6", forZero],
  ])("finds %s", (_, flags) => {
    expect(findNewInstructions(compiled(...flags)).newer).not.toEqual([]);
  });

  test("counts NEON", () => {
    writeFileSync(
      join(folder, "code.c"),
      "void add(int *a, int *b) { for (int i = 0; i < 64; i++) a[i] += b[i]; }",
    );
    const file = compiled("-march=armv7-a", "-mfpu=neon", "-marm", "-O3", "-nostdlib");
    expect(findNewInstructions(file).neon).toBeGreaterThan(0);
    writeFileSync(join(folder, "code.c"), source);
  });
});
