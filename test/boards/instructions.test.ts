import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const addon = join(root, "dist/native/linux-arm/xnorcam.node");
/** The same, but it still says what of it is code: without that, constants would be read as instructions. */
const withSymbols = join(root, "dist/native/linux-arm-symbols/xnorcam.node");

function run(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
}

const binutils = (tool: string, ...args: string[]) => run(`arm-linux-gnueabihf-${tool}`, args);

/**
 * Instructions of ARMv6K in ARM state and of VFPv2, as objdump names them, without condition: ARM Architecture Reference
 * Manual, ARM DDI 0100I. What ARMv6T2 and ARMv7 brought is not among them: movw, movt, bfi, bfc, ubfx, sbfx, rbit, mls,
 * sdiv, udiv, dmb, dsb, isb, and anything of NEON.
 */
const instructions = [
  /(and|eor|sub|rsb|add|adc|sbc|rsc|orr|mov|lsl|lsr|asr|ror|rrx|bic|mvn|mul|mla|[us]mull|[us]mlal)s?/,
  /tst|teq|cmp|cmn|nop|clz|swi|svc|b|bl|bx|blx|mrs|msr|pld|push|pop|swpb?/,
  /(ldr|str)(b|h|d|t|bt)?|ldrs[bh]|(ldm|stm)(ia|ib|da|db)?/,
  /smul[bt][bt]|smla[bt][bt]|smulw[bt]|smlaw[bt]|smlal[bt][bt]|sml[as]l?dx?|smu[as]dx?|smm(ul|la|ls)r?|umaal/,
  /[us]xta?(b|h|b16)|sel|pkh(bt|tb)|rev|rev16|revsh|usada?8|[us]sat(16)?|qd?(add|sub)/,
  /(s|q|sh|u|uq|uh)(add|sub)(8|16)|(s|q|sh|u|uq|uh)(asx|sax)/,
  /vldr|vstr|(vldm|vstm)(ia|db)|vpush|vpop|vmrs|vmsr|vmov(\.f32|\.f64)?/,
  /v(add|sub|mul|nmul|mla|mls|nmla|nmls|div|sqrt|abs|neg|cmpe?)\.f(32|64)/,
  /vcvtr?\.[us]32\.f(32|64)|vcvt\.f(32|64)\.[us]32|vcvt\.f64\.f32|vcvt\.f32\.f64/,
];
const condition = "(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)?";
/** A condition stands behind the name, but before a type: vmovne.f32. */
const known = new RegExp(`^(?:${instructions.map(({ source }) => source).join("|")})$`);

function isKnown(mnemonic: string): boolean {
  if (known.test(mnemonic)) return true;
  const [, name = "", types = ""] = /^([a-z0-9]+?)((?:\.[a-z0-9]+)*)$/.exec(mnemonic) ?? [];
  const bare = name.replace(new RegExp(`${condition}$`), "");
  return known.test(bare + types);
}

describe("the kernels for linux-arm", () => {
  let code: { mnemonic: string; operands: string; line: string }[];

  beforeAll(() => {
    run(process.execPath, [join(root, "scripts/prebuild.mjs"), "linux-arm"]);
    run(process.execPath, [join(root, "scripts/prebuild.mjs"), "--symbols"]);
    code = binutils("objdump", "-d", "--no-show-raw-insn", withSymbols)
      .split("\n")
      .map((line) => /^\s*[0-9a-f]+:\t(\S+)\s*([^;@]*)/.exec(line))
      .filter((match) => match !== null)
      .filter(([, mnemonic]) => !mnemonic!.startsWith("."))
      .map(([line, mnemonic, operands]) => ({ mnemonic: mnemonic!, operands: operands!, line: line.trim() }));
  }, 5 * 60_000);

  it("say of themselves that they need no more than ARMv6 and VFPv2, hard-float", () => {
    const attributes = binutils("readelf", "-A", addon);
    expect(attributes).toMatch(/Tag_CPU_arch: v(4T?|5T|5TE|5TEJ|6|6K|6KZ)$/m);
    expect(attributes).toMatch(/Tag_FP_arch: VFPv2$/m);
    expect(attributes).toMatch(/Tag_ABI_VFP_args: VFP registers/);
    expect(attributes).not.toMatch(/Advanced_SIMD|Tag_DIV_use|Thumb-2/);
  });

  it("are the ones that are looked at", () => {
    const folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
    const [shipped, shown] = [addon, withSymbols].map((file, i) => {
      const text = join(folder, `text-${i}`);
      binutils("objcopy", "-O", "binary", "--only-section=.text", file, text);
      return readFileSync(text);
    });
    expect(shipped!.length).toBeGreaterThan(10_000);
    expect(shipped!.equals(shown!)).toBe(true);
  });

  it("hold no instruction that an ARM1176 does not know, in any function", () => {
    expect(code.length).toBeGreaterThan(3000);
    expect(code.filter(({ mnemonic }) => !isKnown(mnemonic)).map(({ line }) => line)).toEqual([]);
  });

  it("use no register and no constant of VFPv3, and no Thumb", () => {
    const beyond = code.filter(
      ({ mnemonic, operands }) =>
        // Where a branch goes, "d20 <napi_wrap+0x9f4>", is a number that may look like one.
        /\bq\d|\bd(1[6-9]|2\d|3[01])\b(?! <)/.test(operands) ||
        (/^vmov.*\.f/.test(mnemonic) && operands.includes("#")),
    );
    expect(beyond.map(({ line }) => line)).toEqual([]);
    // Where code in Thumb begins there is a symbol $t.
    expect(binutils("readelf", "-sW", withSymbols)).not.toMatch(/\$t$/m);
  });

  it("need of the board only Node and its C library", () => {
    const wanted = binutils("nm", "-D", "--undefined-only", addon).trim().split("\n");
    const foreign = wanted.filter((line) => !/ napi_\w+$|@GLIBC_2\.\d+$/.test(line));
    expect(foreign).toEqual([]);
  });

  it("would be found out: movw, a division, NEON, and Thumb-2 are not known", () => {
    for (const mnemonic of [
      "movw",
      "movtne",
      "udiv",
      "sdivge",
      "ubfx",
      "bfi",
      "dmb",
      "ldrexd",
      "rbit",
      "mls",
    ]) {
      expect(isKnown(mnemonic), mnemonic).toBe(false);
    }
    for (const mnemonic of ["vadd.i32", "vmla.i16", "vfma.f32", "add.w", "it", "vcnt.8", "vcvtb.f32.f16"]) {
      expect(isKnown(mnemonic), mnemonic).toBe(false);
    }
    for (const mnemonic of ["subsge", "ldrsbne", "vcvtle.s32.f32", "bls", "blls", "movs", "teq", "smladx"]) {
      expect(isKnown(mnemonic), mnemonic).toBe(true);
    }
  });
});
