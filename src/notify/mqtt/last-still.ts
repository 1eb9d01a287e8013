import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import type { NotifyLog } from "../tellable.ts";

/** An event as far as its still goes. */
export interface StilledEvent {
  /** A whole number; counts up. */
  readonly id: string;
  readonly ended: string | null;
  /** Whether there is one. */
  readonly still: boolean;
}

/** The still of the newest event, told each time that there is a new one: a sighting that becomes an alarm gets another. */
export class LastStill {
  readonly #folder: string;
  readonly #tell: (jpeg: Buffer) => void;
  readonly #log: Pick<NotifyLog, "warn">;
  #id = "";
  #writtenMs = 0;
  #work: Promise<void> = Promise.resolve();

  /** @param folder of the stills, `ID.jpg` */
  constructor(folder: string, tell: (jpeg: Buffer) => void, log: Pick<NotifyLog, "warn">) {
    this.#folder = folder;
    this.#tell = tell;
    this.#log = log;
  }

  /** An event began, changed or ended; it is on disk as it stands here. */
  onEvent(event: StilledEvent): void {
    // Such as one that is long over and gets a note.
    if (!event.still || (event.ended !== null && event.id !== this.#id)) return;
    this.#work = this.#work
      .then(() => this.#look(event.id))
      .catch((error: unknown) => {
        this.#log.warn(`MQTT: no still of event ${event.id}: ${messageOf(error)}`);
      });
  }

  async #look(id: string): Promise<void> {
    if (Number(id) < Number(this.#id)) return;
    const file = join(this.#folder, `${id}.jpg`);
    const { mtimeMs } = await stat(file);
    if (id === this.#id && mtimeMs === this.#writtenMs) return;
    this.#id = id;
    this.#writtenMs = mtimeMs;
    this.#tell(await readFile(file));
  }
}
