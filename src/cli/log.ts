import { fstatSync } from "node:fs";
import { format } from "node:util";
import { type Logger, pino } from "pino";

/** Pino's levels as the priorities of syslog, which journald filters by. */
const priorities: Readonly<Record<string, number>> = {
  fatal: 2,
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

/**
 * The log of a running camera, on standard error, so that standard output has only what was asked for.
 * Into a file it writes JSON, one object a line; to a terminal, lines for people; to systemd's journal the same with
 * a priority in front, as sd-daemon(3) has it.
 */
export function createLogger(level: string, stream: NodeJS.WriteStream, env = process.env): Logger {
  const format = stream.isTTY
    ? forPeople
    : isJournal(env.JOURNAL_STREAM)
      ? forJournal
      : (line: string) => line;
  return pino({ level, base: null }, { write: (line: string) => void stream.write(format(line)) });
}

/** @param name device and inode of the journal's stream, which systemd tells; it may be redirected since */
function isJournal(name: string | undefined): boolean {
  if (name === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return name === `${dev}:${ino}`;
}

interface Entry {
  level: number;
  time: number;
  msg?: string;
  err?: Error;
}

/** The journal has the time itself. */
function forJournal(line: string): string {
  const entry: Entry = JSON.parse(line);
  return `<${priorities[levelOf(entry)] ?? 6}>${inWords(entry)}\n`;
}

/** `{"level":30,"time":…,"msg":"listening","port":8080}` → "12:34:56 info  listening port=8080" */
function forPeople(line: string): string {
  const entry: Entry = JSON.parse(line);
  const clock = new Date(entry.time).toTimeString().slice(0, 8);
  return `${clock} ${levelOf(entry).padEnd(5)} ${inWords(entry)}\n`;
}

function levelOf({ level }: Entry): string {
  return pino.levels.labels[level] ?? String(level);
}

function inWords({ level: _level, time: _time, msg = "", err, ...fields }: Entry): string {
  const pairs = Object.entries(fields).map(([key, value]) => format("%s=%j", key, value));
  const cause = err === undefined || err.message === msg ? [] : [String(err.message)];
  return [msg, ...pairs, ...cause].join(" ");
}
