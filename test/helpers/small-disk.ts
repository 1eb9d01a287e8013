import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Only root may mount; everybody else is root in a user namespace of his own. */
const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];

/** Why no disk of a few megabytes can be made here; null where one can. */
export function whyNoSmallDisk(): string | null {
  try {
    execFileSync("unshare", ["--mount", ...asRoot, "mount", "-t", "tmpfs", "none", "/mnt"], {
      stdio: "pipe",
    });
    return null;
  } catch (error) {
    return `it permits no mount namespace (${(error as Error).message.trim().split("\n").at(-1)})`;
  }
}

/** A file system of a few megabytes that one program sees, and that is gone with it. */
export class SmallDisk {
  /** Where the program finds it; everybody else finds an empty folder there. */
  readonly path = mkdtempSync(join(tmpdir(), "xnorcam-small-disk-"));
  readonly #size: string;
  #pid = 0;

  /** @param size as `mount -o size=` takes it */
  constructor(size: string) {
    this.#size = size;
  }

  /** How to start a command that has the disk, for `RunningProgram`. */
  readonly within = (command: string, args: string[]): [string, string[]] => {
    const mount = `mount -t tmpfs -o size=${this.#size} none '${this.path}' && exec "$@"`;
    return ["unshare", ["--mount", ...asRoot, "sh", "-c", mount, "sh", command, ...args]];
  };

  /** Says which process was started on it. */
  usedBy(pid: number): void {
    this.#pid = pid;
  }

  /** Somebody else takes all the room there is, to the last byte. */
  fill(): void {
    const fd = openSync(this.#others, "a");
    try {
      for (;;) writeSync(fd, Buffer.alloc(4096));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(fd);
    }
  }

  /** Takes away what `fill` has written. */
  clear(): void {
    rmSync(this.#others);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }

  get #others(): string {
    return join(`/proc/${this.#pid}/root`, this.path, "somebody-elses");
  }
}
