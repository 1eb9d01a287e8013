import { XnorcamError } from "../errors.ts";
import type { Database, OpenDatabase, SqlRow } from "./sqlite.ts";

/**
 * What brings a database from each version to the next; the first makes it. Append only: those that were released
 * have run on cameras. Times are milliseconds since 1970, or since the event began where the name says so.
 */
const migrations: readonly string[] = [
  `CREATE TABLE event (
     -- Never given twice, also after the newest event was removed.
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     began INTEGER NOT NULL,
     ended INTEGER,
     kind TEXT NOT NULL,
     reason TEXT NOT NULL,
     best_score REAL NOT NULL,
     acknowledged INTEGER NOT NULL DEFAULT 0,
     pinned INTEGER NOT NULL DEFAULT 0,
     note TEXT NOT NULL DEFAULT '',
     -- Bytes of the files; 0 where there is none.
     still_bytes INTEGER NOT NULL DEFAULT 0,
     clip_bytes INTEGER NOT NULL DEFAULT 0
   );
   CREATE INDEX event_began ON event (began);
   CREATE TABLE label (
     event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
     label TEXT NOT NULL,
     PRIMARY KEY (label, event_id)
   ) WITHOUT ROWID;
   CREATE INDEX label_event ON label (event_id);
   CREATE TABLE zone (
     event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
     zone TEXT NOT NULL,
     PRIMARY KEY (zone, event_id)
   ) WITHOUT ROWID;
   CREATE INDEX zone_event ON zone (event_id);
   CREATE TABLE track (
     event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
     track_id INTEGER NOT NULL,
     label TEXT NOT NULL,
     best_score REAL NOT NULL,
     first_seen_since_began INTEGER NOT NULL,
     last_seen_since_began INTEGER NOT NULL,
     -- JSON: [[ms since the event began, x, y, width, height, score], …]
     path TEXT NOT NULL,
     PRIMARY KEY (event_id, track_id)
   ) WITHOUT ROWID;
   CREATE TABLE decision (
     event_id INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
     number INTEGER NOT NULL,
     at_since_began INTEGER NOT NULL,
     track_id INTEGER,
     raises INTEGER NOT NULL,
     reason TEXT NOT NULL,
     PRIMARY KEY (event_id, number)
   ) WITHOUT ROWID;`,
];

/**
 * Opens the database of the events, makes it or brings it up to date. One that a newer program wrote is not touched.
 * @throws XnorcamError XC_EVENTS_NEWER, XC_EVENTS_UNREADABLE
 */
export function openEventDatabase(path: string, exists: boolean, open: OpenDatabase): Database {
  try {
    if (exists) refuseNewer(path, open);
    const database = open(path, false);
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("PRAGMA journal_mode = WAL");
    // A commit is on the disk when it returns, also if the power goes then.
    database.exec("PRAGMA synchronous = FULL");
    // Pages of the log before it is brought into the database: 512 KB. On a full disk it must not eat what the removal
    // of old events has freed.
    database.exec("PRAGMA wal_autocheckpoint = 128");
    migrate(database);
    return database;
  } catch (error) {
    if (error instanceof XnorcamError) throw error;
    throw new XnorcamError(
      "XC_EVENTS_UNREADABLE",
      `events are not recorded: ${path} can't be opened as a database (${(error as Error).message}); move it away to begin a new one`,
      { cause: error },
    );
  }
}

function refuseNewer(path: string, open: OpenDatabase): void {
  const database = open(path, true);
  try {
    const version = versionOf(database);
    if (version <= migrations.length) return;
    throw new XnorcamError(
      "XC_EVENTS_NEWER",
      `events are not recorded: ${path} has version ${version}, written by a newer Xnorcam, and this one knows up to ${migrations.length}; install that one again, or move the file away`,
    );
  } finally {
    database.close();
  }
}

function migrate(database: Database): void {
  for (let version = versionOf(database); version < migrations.length; version++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[version]!} PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}

function versionOf(database: Database): number {
  return Number((database.prepare("PRAGMA user_version").get() as SqlRow).user_version);
}
