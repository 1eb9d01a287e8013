import { XnorcamError } from "../errors.ts";

export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

/** A prepared statement; its parameters are the question marks. */
export interface Statement {
  run(...parameters: SqlValue[]): unknown;
  get(...parameters: SqlValue[]): unknown;
  all(...parameters: SqlValue[]): unknown[];
}

/** What `node:sqlite` and better-sqlite3 have in common, and all that is used of them. */
export interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

/** Opens a file. `readOnly` never makes one, and changes nothing of it. */
export type OpenDatabase = (path: string, readOnly: boolean) => Database;

/** Another program may hold the database for so long, such as one that copies it. */
const busyMs = 5000;

interface NodeSqlite {
  DatabaseSync: new (path: string, options: { readOnly: boolean }) => Database;
}

/**
 * The SQLite of Node itself from 22.13 on, else better-sqlite3. Node's own comes first: it is compiled for the chip
 * that Node runs on, while nobody promises that a prebuilt addon for 32-bit ARM does without ARMv7.
 * @throws XnorcamError XC_EVENTS_UNAVAILABLE
 */
export async function loadSqlite(): Promise<OpenDatabase> {
  const builtIn = await loadNodeSqlite();
  if (builtIn !== null) {
    return (path, readOnly) => {
      const database = new builtIn.DatabaseSync(path, { readOnly });
      database.exec(`PRAGMA busy_timeout = ${busyMs}`);
      return database;
    };
  }
  try {
    const { default: BetterSqlite } = await import("better-sqlite3");
    // Only opening one loads the addon, which may be missing or of another version of Node.
    new BetterSqlite(":memory:").close();
    return (path, readonly) =>
      new BetterSqlite(path, { readonly, fileMustExist: readonly, timeout: busyMs }) as Database;
  } catch (error) {
    throw new XnorcamError(
      "XC_EVENTS_UNAVAILABLE",
      `events are not recorded: Node ${process.versions.node} has no SQLite and better-sqlite3 is not installed; take Node 22.13 or later, or run npm install`,
      { cause: error },
    );
  }
}

async function loadNodeSqlite(): Promise<NodeSqlite | null> {
  // The types are those of Node 20, which has no such module.
  const name: string = "node:sqlite";
  try {
    return (await import(name)) as NodeSqlite;
  } catch {
    return null;
  }
}
