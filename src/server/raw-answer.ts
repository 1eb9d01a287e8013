import type { Duplex } from "node:stream";
import { type Problem, problemType } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";

/** Answers with an error on a connection that no response belongs to, and ends the connection. */
export function answerRaw(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem);
  const headers = {
    connection: "close",
    "content-type": problemType,
    "content-length": Buffer.byteLength(body),
    ...securityHeaders,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  // Ending only our side would leave a connection whose other side never ends, for ever.
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
}
