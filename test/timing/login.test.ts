import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunningProgram } from "../helpers/running-program.ts";
import { admin } from "../helpers/sign-in.ts";

const guesses = 10_000;
const attackMs = 60_000;

let folder: string;
let program: RunningProgram;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-login-"));
  program = await RunningProgram.start(["--port", "0", "--data-dir", folder]);
});
afterAll(async () => {
  await program.stop();
  await rm(folder, { recursive: true });
});

/** @returns the status of the answer, and how long it took */
async function login(agent: Agent, localAddress: string, password: string): Promise<[number, number]> {
  const beganMs = performance.now();
  const body = JSON.stringify({ name: admin.name, password });
  const headers = { "content-type": "application/json", "content-length": body.length };
  const sent = request(`${program.url}/api/v1/login`, { method: "POST", agent, localAddress, headers });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  return [response.statusCode ?? 0, performance.now() - beganMs];
}

test("ten thousand wrong passwords in a minute delay neither the detector nor whoever signs in", {
  timeout: 5 * attackMs,
  retry: 1,
}, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const mine = new Agent();
  await sleep(10_000);
  const before = await program.status();
  await sleep(20_000);
  const quiet = await program.status();
  const statuses = new Map<number, number>();
  const beganMs = performance.now();
  const attack = Array.from({ length: guesses }, async (_, index) => {
    await sleep((index * attackMs) / guesses);
    const [status] = await login(agent, "127.0.0.1", `guess ${index}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  const waitsMs: number[] = [];
  for (let count = 0; count < 10; count++) {
    await sleep(4000);
    const [status, tookMs] = await login(mine, "127.0.0.2", admin.password);
    expect(status).toBe(200);
    waitsMs.push(tookMs);
  }
  await Promise.all(attack);
  const seconds = (performance.now() - beganMs) / 1000;
  const after = await program.status();
  agent.destroy();
  const fps = (after.detector.processed - quiet.detector.processed) / seconds;
  const quietFps = (quiet.detector.processed - before.detector.processed) / 20;
  const slowestMs = Math.max(...waitsMs);
  console.log(
    `${guesses} wrong passwords in ${Math.round(seconds)} s: ${statuses.get(401)} looked at, ${statuses.get(429)} refused; detector ${fps.toFixed(2)} fps (${quietFps.toFixed(2)} before), event loop p99 ${after.eventLoopDelayMs?.p99} ms (${quiet.eventLoopDelayMs?.p99} ms before); others signed in within ${Math.round(slowestMs)} ms`,
  );
  expect(statuses.get(401)).toBeLessThanOrEqual(12 + seconds / 10);
  expect(fps).toBeGreaterThan(0.9 * quietFps);
  expect(slowestMs).toBeLessThan(2000);
});
