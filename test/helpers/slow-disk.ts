import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const source = fileURLToPath(new URL("../standin/slowfs.c", import.meta.url));

/** A folder, through a real file system, whose disk can hang: calls that write return only when it goes on. */
export class SlowDisk {
  /** Where the file system is mounted. */
  readonly path: string;
  readonly #folder: string;
  readonly #hangFile: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.path = join(folder, "mount");
    this.#hangFile = join(folder, "hang");
    this.#process = child;
  }

  static async mount(): Promise<SlowDisk> {
    const folder = mkdtempSync(join(tmpdir(), "xnorcam-slowfs-"));
    const program = join(folder, "slowfs");
    const flags = execFileSync("pkg-config", ["--cflags", "--libs", "fuse3"], { encoding: "utf8" });
    execFileSync("cc", ["-O2", "-o", program, source, ...flags.trim().split(/\s+/)]);
    for (const name of ["mount", "data"]) mkdirSync(join(folder, name));
    const child = spawn(program, ["-f", join(folder, "mount")], {
      stdio: "inherit",
      env: { ...process.env, SLOWFS_FOLDER: join(folder, "data"), SLOWFS_HANG: join(folder, "hang") },
    });
    const device = statSync(folder).dev;
    await until("the disk is mounted", () => statSync(join(folder, "mount")).dev !== device);
    return new SlowDisk(folder, child);
  }

  hang(): void {
    writeFileSync(this.#hangFile, "");
  }

  goOn(): void {
    rmSync(this.#hangFile, { force: true });
  }

  async unmount(): Promise<void> {
    this.goOn();
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    // A call that hung may still be on its way back.
    await until("the disk is free", () => {
      const { status } = spawnSync("fusermount3", ["-u", this.path]);
      return status === 0;
    });
    await gone;
    rmSync(this.#folder, { recursive: true });
  }
}
