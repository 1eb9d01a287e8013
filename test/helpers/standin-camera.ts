import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../standin/rpicam-vid.mjs", import.meta.url));

/** What can go wrong with the camera; test/standin/rpicam-vid.mjs says what each means. */
export type Fault =
  | "no-cameras"
  | "in-use"
  | "no-permission"
  | "slow"
  | "stall"
  | "die"
  | "garbage"
  | `garbage ${number}`
  | "partial"
  | `partial ${number}`
  | "text"
  | "flood";

/** A camera program in a folder of its own, to be put on PATH, whose faults a test commands. */
export class StandinCamera {
  readonly folder = mkdtempSync(join(tmpdir(), "xnorcam-camera-"));
  readonly program: string;
  readonly #faultFile = join(this.folder, "fault");

  /**
   * @param name "rpicam-vid", or "libcamera-vid" as on older systems
   * @param pictures folder of what it shows; without it, a pattern with a checksum
   */
  constructor(name = "rpicam-vid", pictures?: string) {
    this.program = join(this.folder, name);
    const shown = pictures === undefined ? "" : `RPICAM_STANDIN_PICTURES='${pictures}' `;
    const start = `RPICAM_STANDIN_FAULT='${this.#faultFile}' ${shown}exec '${process.execPath}' '${program}' "$@"`;
    writeFileSync(this.program, `#!/bin/sh\n${start}\n`, { mode: 0o755 });
  }

  break(fault: Fault): void {
    writeFileSync(this.#faultFile, fault);
  }

  repair(): void {
    rmSync(this.#faultFile, { force: true });
  }

  /** Ids of its running processes. */
  processes(): number[] {
    const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return ids.filter((id) => environmentOf(id).includes(this.#faultFile)).map(Number);
  }

  remove(): void {
    for (const id of this.processes()) execFileSync("kill", ["-9", `${id}`]);
    rmSync(this.folder, { recursive: true });
  }
}

function environmentOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/environ`, "utf8");
  } catch {
    // It has ended, or belongs to somebody else.
    return "";
  }
}
