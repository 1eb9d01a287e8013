import type {
  EventChange,
  EventDecision,
  EventDetails,
  EventFacts,
  EventKind,
  EventMedia,
  EventPage,
  EventQuery,
  EventSummary,
  EventTrack,
  EventUsage,
  PathPoint,
  TrackSummary,
} from "./event.ts";
import type { Database, SqlRow, SqlValue, Statement } from "./sqlite.ts";

/** Bytes of an event's files; 0 where there is none. */
export interface MediaBytes {
  still: number;
  clip: number;
}

interface EventRow extends SqlRow {
  id: number;
  began: number;
  ended: number | null;
  kind: EventKind;
  reason: string;
  best_score: number;
  acknowledged: number;
  pinned: number;
  note: string;
  still_bytes: number;
  clip_bytes: number;
}

/** The rows of the events. Each call that changes something is one transaction, on disk when it returns. */
export class EventTable {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The id that the next event gets. */
  nextId(): number {
    const row = this.#get("SELECT seq FROM sqlite_sequence WHERE name = 'event'");
    return Number(row?.seq ?? 0) + 1;
  }

  insert(id: number, facts: EventFacts, stillBytes: number): void {
    this.#transaction(() => {
      const { beganMs, endedMs, kind, reason, bestScore } = facts;
      this.#run(
        "INSERT INTO event (id, began, ended, kind, reason, best_score, still_bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[id, beganMs, endedMs, kind, reason, bestScore, stillBytes],
      );
      this.#writeParts(id, facts);
    });
  }

  update(id: number, facts: EventFacts, media: Partial<MediaBytes>): void {
    this.#transaction(() => {
      const { endedMs, kind, reason, bestScore } = facts;
      this.#run(
        "UPDATE event SET ended = ?, kind = ?, reason = ?, best_score = ? WHERE id = ?",
        ...[endedMs, kind, reason, bestScore, id],
      );
      this.#writeMedia(id, media);
      this.#writeParts(id, facts);
    });
  }

  setMedia(id: number, media: Partial<MediaBytes>): void {
    this.#transaction(() => this.#writeMedia(id, media));
  }

  /** @returns whether there is such an event */
  change(id: number, { acknowledged, pinned, note }: EventChange): boolean {
    if (this.#row(id) === undefined) return false;
    this.#transaction(() => {
      if (acknowledged !== undefined) {
        this.#run("UPDATE event SET acknowledged = ? WHERE id = ?", Number(acknowledged), id);
      }
      if (pinned !== undefined) this.#run("UPDATE event SET pinned = ? WHERE id = ?", Number(pinned), id);
      if (note !== undefined) this.#run("UPDATE event SET note = ? WHERE id = ?", note, id);
    });
    return true;
  }

  remove(id: number): void {
    this.#transaction(() => this.#run("DELETE FROM event WHERE id = ?", id));
  }

  /** Ends what was going on when the program was killed, at the time of the last thing that was seen. */
  endAll(): void {
    this.#transaction(() =>
      this.#run(
        `UPDATE event SET ended = began + coalesce(
           (SELECT max(0, max(last_seen_since_began)) FROM track WHERE event_id = id), 0)
         WHERE ended IS NULL`,
      ),
    );
  }

  find({ class: label, zone, kind, fromMs, toMs, pinned, before, limit }: EventQuery): EventPage {
    const where: string[] = [];
    const values: SqlValue[] = [];
    const narrow = (condition: string, value: SqlValue | undefined) => {
      if (value === undefined) return;
      where.push(condition);
      values.push(value);
    };
    narrow("id IN (SELECT event_id FROM label WHERE label = ?)", label);
    narrow("id IN (SELECT event_id FROM zone WHERE zone = ?)", zone);
    narrow("kind = ?", kind);
    narrow("began >= ?", fromMs);
    narrow("began < ?", toMs);
    narrow("pinned = ?", pinned === undefined ? undefined : Number(pinned));
    narrow("id < ?", before);
    const condition = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
    const rows = this.#all<EventRow>(
      `SELECT * FROM event ${condition} ORDER BY id DESC LIMIT ?`,
      ...values,
      limit + 1,
    );
    const events = rows.slice(0, limit).map((row) => this.#summary(row));
    return { events, next: rows.length > limit ? events.at(-1)!.id : null };
  }

  summary(id: number): EventSummary | null {
    const row = this.#row(id);
    return row === undefined ? null : this.#summary(row);
  }

  details(id: number): EventDetails | null {
    const row = this.#row(id);
    if (row === undefined) return null;
    const decisions = this.#all("SELECT * FROM decision WHERE event_id = ? ORDER BY number", id);
    return {
      ...this.#summary(row),
      tracks: this.#tracks(row),
      decisions: decisions.map((decision) => ({
        at: isoTime(row.began + Number(decision.at_since_began)),
        trackId: decision.track_id as number | null,
        raises: decision.raises === 1,
        reason: decision.reason as string,
      })),
    };
  }

  mediaOf(id: number): EventMedia | null {
    const row = this.#row(id);
    return row === undefined ? null : { still: row.still_bytes > 0, clip: row.clip_bytes > 0 };
  }

  usage(): EventUsage {
    const row = this.#get("SELECT count(*) AS events, total(still_bytes + clip_bytes) AS bytes FROM event");
    return { events: Number(row!.events), bytes: Number(row!.bytes) };
  }

  /** The oldest event that may be removed. @param except ids of those that go on */
  oldest(except: readonly number[]): number | null {
    return this.#oldest("", [], except);
  }

  /**
   * The oldest event that may be removed and ended before a time.
   * @param beforeId only of those recorded before this one
   */
  oldestBefore(timeMs: number, beforeId: number): number | null {
    return this.#oldest("AND ended < ? AND id < ?", [timeMs, beforeId], []);
  }

  /** Which files each event should have. */
  media(): Map<number, MediaBytes> {
    const rows = this.#all<EventRow>("SELECT id, still_bytes, clip_bytes FROM event");
    return new Map(rows.map((row) => [row.id, { still: row.still_bytes, clip: row.clip_bytes }]));
  }

  #oldest(condition: string, values: readonly SqlValue[], except: readonly number[]): number | null {
    const others = except.map(() => "?").join(", ");
    const row = this.#get(
      `SELECT id FROM event WHERE pinned = 0 AND id NOT IN (${others}) ${condition} ORDER BY id LIMIT 1`,
      ...except,
      ...values,
    );
    return row === undefined ? null : (row.id as number);
  }

  #summary(row: EventRow): EventSummary {
    const { id, began, ended, kind, reason, note } = row;
    return {
      id: String(id),
      began: isoTime(began),
      ended: ended === null ? null : isoTime(ended),
      kind,
      labels: this.#words("SELECT label AS word FROM label WHERE event_id = ? ORDER BY label", id),
      zones: this.#words("SELECT zone AS word FROM zone WHERE event_id = ? ORDER BY zone", id),
      reason,
      bestScore: row.best_score,
      acknowledged: row.acknowledged === 1,
      pinned: row.pinned === 1,
      note,
      still: row.still_bytes > 0,
      clip: row.clip_bytes > 0,
      tracks: this.#all(
        `SELECT track_id, label, best_score, first_seen_since_began, last_seen_since_began FROM track
         WHERE event_id = ? ORDER BY track_id`,
        id,
      ).map((track) => trackSummary(track, began)),
    };
  }

  #tracks({ id, began }: EventRow): EventDetails["tracks"] {
    return this.#all("SELECT * FROM track WHERE event_id = ? ORDER BY track_id", id).map((track) => ({
      ...trackSummary(track, began),
      path: JSON.parse(track.path as string) as PathPoint[],
    }));
  }

  #writeMedia(id: number, { still, clip }: Partial<MediaBytes>): void {
    if (still !== undefined) this.#run("UPDATE event SET still_bytes = ? WHERE id = ?", still, id);
    if (clip !== undefined) this.#run("UPDATE event SET clip_bytes = ? WHERE id = ?", clip, id);
  }

  #writeParts(id: number, { labels, zones, tracks, decisions }: EventFacts): void {
    for (const label of labels) this.#run("INSERT OR IGNORE INTO label VALUES (?, ?)", id, label);
    for (const zone of zones) this.#run("INSERT OR IGNORE INTO zone VALUES (?, ?)", id, zone);
    for (const track of tracks) this.#writeTrack(id, track);
    for (const [number, decision] of decisions.entries()) this.#writeDecision(id, number, decision);
  }

  #writeTrack(eventId: number, { id, label, bestScore, firstSeenMs, lastSeenMs, path }: EventTrack): void {
    this.#run(
      // A card wears out: what has not changed is not written again.
      `INSERT INTO track VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         label = excluded.label, best_score = excluded.best_score, path = excluded.path,
         last_seen_since_began = excluded.last_seen_since_began
       WHERE excluded.last_seen_since_began > last_seen_since_began`,
      ...[eventId, id, label, bestScore, firstSeenMs, lastSeenMs, JSON.stringify(path)],
    );
  }

  #writeDecision(eventId: number, number: number, { atMs, trackId, raises, reason }: EventDecision): void {
    this.#run(
      "INSERT OR IGNORE INTO decision VALUES (?, ?, ?, ?, ?, ?)",
      ...[eventId, number, atMs, trackId, Number(raises), reason],
    );
  }

  #row(id: number): EventRow | undefined {
    return this.#get("SELECT * FROM event WHERE id = ?", id) as EventRow | undefined;
  }

  #words(sql: string, id: number): string[] {
    return this.#all(sql, id).map(({ word }) => word as string);
  }

  #transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite may have rolled back already, when the disk was full.
      try {
        this.#database.exec("ROLLBACK");
      } catch {}
      throw error;
    }
  }

  #run(sql: string, ...values: SqlValue[]): void {
    this.#statement(sql).run(...values);
  }

  #get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.#statement(sql).get(...values) as SqlRow | undefined;
  }

  #all<Row extends SqlRow = SqlRow>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function trackSummary(track: SqlRow, began: number): TrackSummary {
  return {
    id: track.track_id as number,
    label: track.label as string,
    bestScore: track.best_score as number,
    firstSeen: isoTime(began + Number(track.first_seen_since_began)),
    lastSeen: isoTime(began + Number(track.last_seen_since_began)),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
