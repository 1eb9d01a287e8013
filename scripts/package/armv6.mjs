// Looks for instructions that an ARM1176 (Pi Zero, Pi 1) does not have.
import { spawnSync } from "node:child_process";

/**
 * Of ARMv6T2 and ARMv7, in ARM state. Only without a condition: a compiler that may use them does so in every function,
 * while with one ("movwgt") they are constants between the functions, of which a library without symbols has thousands.
 */
const newer =
  /^(movw|movt|mls|ubfx|sbfx|bfi|bfc|rbit|sdiv|udiv|dmb|dsb|isb|(vfma|vfms|vfnma|vfnms)\.f(32|64)|lda[bhex]*|stl[bhex]*)$/;
/** Advanced SIMD: loads of structures, and whatever works on whole numbers or on q registers. */
const simd = /^(vld[1-4]|vst[1-4])\.|^v\w+\.(8|16|32|64|[isup]\d+)\b/;
/** VFPv2 has these on whole numbers, too. */
const vfp2 = /^(vcvtr?|vmov|vmrs|vmsr|vpush|vpop|vldmia|vstmia|vldr|vstr)/;
/** An instruction of ARM is four bytes: eight digits. Thumb, which ARMv6 has only as Thumb-1, shows as four. */
const line = /^\s*[0-9a-f]+:\t([0-9a-f ]+?)\s*\t(\S+)(?:\t(.*))?$/;

/**
 * Disassembles a shared object.
 * @returns `newer`: what ARMv6 does not have, up to five, with address and instruction; `neon`: how many
 *   instructions of Advanced SIMD there are, which libraries run only after they have asked the kernel
 */
export function findNewInstructions(file) {
  const { stdout, status } = spawnSync("arm-linux-gnueabihf-objdump", ["-d", file], {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${file} can't be disassembled`);
  return scan(stdout);
}

/** @param listing what objdump prints */
export function scan(listing) {
  const found = [];
  let neon = 0;
  for (const text of listing.split("\n")) {
    const [, bytes, mnemonic, operands = ""] = line.exec(text) ?? [];
    if (mnemonic === undefined) continue;
    if (simd.test(mnemonic) && !vfp2.test(mnemonic)) neon++;
    else if (newer.test(mnemonic) || isThumb2(bytes, mnemonic)) {
      found.push(`${text.trim().split(":")[0]}: ${mnemonic} ${operands}`.trim());
    }
  }
  return { newer: found.slice(0, 5), neon };
}

/** Two halves that are shown apart. */
function isThumb2(bytes, mnemonic) {
  return /^[0-9a-f]{4} [0-9a-f]{4}$/.test(bytes) && !/^blx?$/.test(mnemonic);
}
