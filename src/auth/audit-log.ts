import { appendFile, mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { messageOf } from "../errors.ts";

const entrySchema = Type.Object({
  /** Counts up, also over restarts. */
  id: Type.Integer({ minimum: 1 }),
  time: Type.String(),
  who: Type.Union([Type.String(), Type.Null()]),
  address: Type.Union([Type.String(), Type.Null()]),
  action: Type.String(),
  detail: Type.Union([Type.String(), Type.Null()]),
});

export type AuditEntry = Static<typeof entrySchema>;

/** Of one of the two files; the older half goes when the newer is full. */
const maxBytes = 256 * 1024;
/** While the disk hangs; then the newest are lost. */
const maxWaiting = 500;
const maxText = 300;

/** Who did what: a JSON object a line in `audit.jsonl`, and the older ones in `audit.1.jsonl`. Nobody waits for the disk. */
export class AuditLog {
  readonly #path: string;
  readonly #olderPath: string;
  readonly #nowMs: () => number;
  readonly #warn: (line: string) => void;
  #lastId = 0;
  #bytes = 0;
  #waiting = 0;
  #hasFailed = false;
  #last: Promise<void> = Promise.resolve();

  /** @param nowMs milliseconds since 1970 */
  constructor(path: string, nowMs: () => number, warn: (line: string) => void) {
    this.#path = path;
    this.#olderPath = path.replace(/\.jsonl$/, ".1.jsonl");
    this.#nowMs = nowMs;
    this.#warn = warn;
  }

  async start(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const text = await textOf(this.#path);
    // A line that a power cut has left unfinished is ended by the next one.
    if (text !== "" && !text.endsWith("\n")) await appendFile(this.#path, "\n");
    this.#bytes = await stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    );
    this.#lastId = (await this.#entries()).at(-1)?.id ?? 0;
  }

  /** Resolves when everything is written. Idempotent. */
  async stop(): Promise<void> {
    await this.#last;
  }

  write(entry: Omit<AuditEntry, "id" | "time">): void {
    if (this.#waiting >= maxWaiting) return;
    this.#waiting++;
    const line = { id: ++this.#lastId, time: new Date(this.#nowMs()).toISOString(), ...shortened(entry) };
    this.#last = this.#last.then(() => this.#append(`${JSON.stringify(line)}\n`));
  }

  /**
   * The newest first.
   * @param before only what is older than the entry with this id
   * @returns `next`, for `before`, is null where there are no older ones
   */
  async read(
    limit: number,
    before = Number.POSITIVE_INFINITY,
  ): Promise<{ entries: AuditEntry[]; next: number | null }> {
    await this.#last;
    const older = (await this.#entries()).filter(({ id }) => id < before);
    const entries = older.slice(-limit).reverse();
    return { entries, next: older.length > limit ? entries.at(-1)!.id : null };
  }

  async #append(line: string): Promise<void> {
    try {
      if (this.#bytes + line.length > maxBytes) {
        await rename(this.#path, this.#olderPath);
        this.#bytes = 0;
      }
      await appendFile(this.#path, line, { mode: 0o600 });
      this.#bytes += Buffer.byteLength(line);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed)
        this.#warn(
          `${this.#path} can't be written, so that nobody will know who did what: ${messageOf(error)}`,
        );
      this.#hasFailed = true;
    } finally {
      this.#waiting--;
    }
  }

  async #entries(): Promise<AuditEntry[]> {
    const texts = await Promise.all([textOf(this.#olderPath), textOf(this.#path)]);
    return texts.flatMap((text) => text.split("\n").flatMap(entryOf));
  }
}

function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** Whatever else stands in the file is passed over. */
function entryOf(line: string): AuditEntry[] {
  try {
    const value: unknown = JSON.parse(line);
    return Value.Check(entrySchema, value) ? [value] : [];
  } catch {
    return [];
  }
}

function shortened<Entry extends Record<string, string | null>>(entry: Entry): Entry {
  const shortOnes = Object.entries(entry).map(([key, text]) => [key, text?.slice(0, maxText) ?? null]);
  return Object.fromEntries(shortOnes) as Entry;
}
