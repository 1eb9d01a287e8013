import { format } from "node:util";
import { type Logger, pino } from "pino";

/**
 * The log of a running camera, on standard error, so that standard output has only what was asked for.
 * Into a file or a journal it writes JSON, one object a line; to a terminal, lines for people.
 */
export function createLogger(level: string, stream: NodeJS.WriteStream): Logger {
  const destination = { write: (line: string) => void stream.write(stream.isTTY ? forPeople(line) : line) };
  return pino({ level, base: null }, destination);
}

/** `{"level":30,"time":…,"msg":"listening","port":8080}` → "12:34:56 info  listening port=8080" */
function forPeople(line: string): string {
  const { level, time, msg = "", err, ...fields } = JSON.parse(line);
  const name: string = pino.levels.labels[level] ?? String(level);
  const clock = new Date(time).toTimeString().slice(0, 8);
  const pairs = Object.entries(fields).map(([key, value]) => format("%s=%j", key, value));
  const cause = err === undefined || err.message === msg ? [] : [String(err.message)];
  return `${[clock, name.padEnd(5), msg, ...pairs, ...cause].join(" ")}\n`;
}
