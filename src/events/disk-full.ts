/** Whether a write failed for want of room: ENOSPC and EDQUOT from files, SQLITE_FULL from either SQLite. */
export function isDiskFull(error: unknown): boolean {
  const { code, errcode } = error as { code?: string; errcode?: number };
  return code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL" || errcode === sqliteFull;
}

/** https://www.sqlite.org/rescode.html#full; node:sqlite gives the number, better-sqlite3 the name. */
const sqliteFull = 13;
