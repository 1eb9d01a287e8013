import { readFile } from "node:fs/promises";
import { writeDurably } from "../write-durably.ts";
import type { DiscoveryPayload } from "./discovery.ts";

/** What a broker keeps of a camera until it is told otherwise. */
export interface Announcement {
  /** Null where nothing is announced to Home Assistant. */
  readonly discovery: { readonly topic: string; readonly payload: DiscoveryPayload } | null;
  /** With retained messages. */
  readonly topics: readonly string[];
}

export interface RetainedMessage {
  readonly topic: string;
  readonly payload: string;
}

/** Of an earlier announcement, what it takes to undo it. */
interface Kept {
  discovery: { topic: string; platforms: Record<string, string> } | null;
  topics: string[];
}

/** Remembers in a file what the broker was told to keep, so that what is configured no longer can be taken back. */
export class Announced {
  readonly #file: string;
  #kept: Kept = { discovery: null, topics: [] };

  /** @param file its folder is there when `load` is called */
  constructor(file: string) {
    this.#file = file;
  }

  async load(): Promise<void> {
    this.#kept = (await readKept(this.#file)) ?? this.#kept;
  }

  /**
   * What to publish, retained and in order, before `next` holds. An entity goes when its platform is all that is said
   * of it; a device, when its topic is emptied.
   */
  withdrawals(next: Announcement): RetainedMessage[] {
    const messages: RetainedMessage[] = [];
    const { discovery, topics } = this.#kept;
    if (discovery !== null && discovery.topic !== next.discovery?.topic) {
      messages.push({ topic: discovery.topic, payload: "" });
    } else if (discovery !== null && next.discovery !== null) {
      const { topic, payload } = next.discovery;
      const gone = Object.entries(discovery.platforms).filter(
        ([key, platform]) => payload.components[key]?.platform !== platform,
      );
      if (gone.length > 0) {
        const removals = gone.map(([key, platform]) => [key, { platform }]);
        const components = { ...payload.components, ...Object.fromEntries(removals) };
        messages.push({ topic, payload: JSON.stringify({ ...payload, components }) });
      }
    }
    const stale = topics.filter((topic) => !next.topics.includes(topic));
    return [...messages, ...stale.map((topic) => ({ topic, payload: "" }))];
  }

  /** The broker was told all of this. */
  async save({ discovery, topics }: Announcement): Promise<void> {
    const kept = {
      discovery: discovery && { topic: discovery.topic, platforms: platformsOf(discovery.payload) },
      topics: [...topics],
    };
    const text = JSON.stringify(kept);
    if (text === JSON.stringify(this.#kept)) return;
    await writeDurably(this.#file, text);
    this.#kept = kept;
  }
}

function platformsOf({ components }: DiscoveryPayload): Record<string, string> {
  return Object.fromEntries(Object.entries(components).map(([key, { platform }]) => [key, platform]));
}

/** @returns null where there is none that can be read */
async function readKept(file: string): Promise<Kept | null> {
  try {
    const { discovery, topics } = JSON.parse(await readFile(file, "utf8"));
    const isWhole = Array.isArray(topics) && (discovery === null || typeof discovery.platforms === "object");
    return isWhole ? { discovery, topics } : null;
  } catch {
    return null;
  }
}
