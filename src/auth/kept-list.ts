import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { JsonFile } from "./json-file.ts";

/** A list in a file of its own: `{"version":1,"entries":[…]}`. A change is on the disk before it counts. */
export class KeptList<Entry extends TSchema> {
  readonly #file: JsonFile<TSchema>;
  #entries: readonly Static<Entry>[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, entry: Entry) {
    const list = { version: Type.Literal(1), entries: Type.Array(entry) };
    this.#file = new JsonFile<TSchema>(path, Type.Object(list, { additionalProperties: false }));
  }

  /** @throws XnorcamError XC_ACCESS_FILE, since a list that can't be read is not an empty one. */
  async load(): Promise<void> {
    const kept = (await this.#file.read()) as { entries: Static<Entry>[] } | null;
    this.#entries = kept?.entries ?? [];
  }

  get all(): readonly Static<Entry>[] {
    return this.#entries;
  }

  /**
   * Changes come one after the other, each on what the one before has left.
   * @param change returns null to leave the list as it is
   * @returns whether it was changed
   * @throws XnorcamError XC_ACCESS_FILE; the list is what it was, then
   */
  change(change: (entries: readonly Static<Entry>[]) => Static<Entry>[] | null): Promise<boolean> {
    const changed = this.#last.then(async () => {
      const entries = change(this.#entries);
      if (entries === null) return false;
      await this.#file.write({ version: 1, entries });
      this.#entries = entries;
      return true;
    });
    this.#last = changed.catch(() => {});
    return changed;
  }
}
