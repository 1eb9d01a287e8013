import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { LiveServer } from "../helpers/live-server.ts";
import { admin, cookieFor } from "../helpers/sign-in.ts";

/** The limit of ten seconds is looked after every five; the rest is for a busy machine. */
const limitMs = 60_000;

test(
  "a hundred requests that arrive a byte at a time, or stop halfway, are given up, and keep nobody waiting",
  async () => {
    const live = await LiveServer.start();
    const { hostname, port } = new URL(live.url);
    const head = `POST /api/v1/login HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n`;
    const beginnings = [head, `${head}Content-Length: 500\r\n\r\n{"name":"admin","password":"`];
    const answers = Array.from({ length: 100 }, async (_, index) => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(beginnings[index % beginnings.length]!);
      const trickle = setInterval(() => socket.writable && socket.write("x"), 1000);
      const answer = await text(socket).catch(() => "");
      clearInterval(trickle);
      socket.destroy();
      return answer;
    });
    await sleep(1000);
    expect((await live.fetch("/api/v1/status")).status).toBe(200);
    await cookieFor(live.url, "login", admin);
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatch(/^(HTTP\/1\.1 408 Request Timeout\r\n|$)/);
    }
    await live.stop();
  },
  limitMs,
);
