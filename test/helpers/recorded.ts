import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { EventFacts } from "../../src/events/event.ts";
import { EventStore } from "../../src/events/event-store.ts";
import type { KeepLimits } from "../../src/events/keeper.ts";

export const roomy: KeepLimits = { maxBytes: 1e9, maxAgeMs: Number.MAX_SAFE_INTEGER, minFreeBytes: 0 };

/** What a store has said. */
export interface StoreLog {
  info: string[];
  warn: string[];
  error: string[];
}

/** A folder for events that is removed at the end, and stores on it, one after the other. */
export class EventFolder {
  readonly path: string;
  readonly log: StoreLog = { info: [], warn: [], error: [] };
  #store: EventStore | null = null;

  constructor(path = mkdtempSync(join(tmpdir(), "xnorcam-events-"))) {
    this.path = path;
  }

  get media(): string {
    return join(this.path, "media");
  }

  get database(): string {
    return join(this.path, "events.db");
  }

  /** Opens it as a start of the program does. */
  async open(limits: Partial<KeepLimits> = {}, clock: Clock = systemClock): Promise<EventStore> {
    await this.#store?.stop();
    const { info, warn, error } = this.log;
    this.#store = new EventStore({ folder: this.path, limits: { ...roomy, ...limits } }, clock, {
      info: (line: string) => void info.push(line),
      warn: (line: string) => void warn.push(line),
      error: (line: string) => void error.push(line),
    });
    await this.#store.start();
    return this.#store;
  }

  async remove(): Promise<void> {
    await this.#store?.stop();
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const someMorning = Date.parse("2026-03-01T08:00:00Z");

/** An event that is over, with what matters to a test set. */
export function facts(change: Partial<EventFacts> = {}): EventFacts {
  const beganMs = change.beganMs ?? someMorning;
  return {
    beganMs,
    endedMs: beganMs + 4000,
    kind: "alarm",
    labels: ["knife"],
    zones: [],
    reason: "knife 0.71 in 4 of 6 frames, armed away",
    bestScore: 0.71,
    tracks: [
      {
        id: 7,
        label: "knife",
        bestScore: 0.71,
        firstSeenMs: -200,
        lastSeenMs: 3000,
        path: [
          [-200, 0.1, 0.2, 0.3, 0.4, 0.5],
          [3000, 0.2, 0.2, 0.3, 0.4, 0.71],
        ],
      },
    ],
    decisions: [{ atMs: 0, trackId: 7, raises: true, reason: "knife 0.71 in 4 of 6 frames, armed away" }],
    ...change,
  };
}
