import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { Outbox } from "../../src/notify/outbox.ts";
import { noticeOf } from "../../src/notify/tellable.ts";
import { Webhook, type WebhookSettings } from "../../src/notify/webhook.ts";
import { beganNotice, tellable } from "../helpers/mqtt-camera.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import { until as untilWithin } from "../helpers/until.ts";

/** Sockets are slow where much else runs. */
const until = (what: string, condition: () => boolean, timeoutMs = 20_000) =>
  untilWithin(what, condition, timeoutMs);

interface Got {
  headers: IncomingHttpHeaders;
  body: string;
}

const secret = "a secret of the tests";

let folder: string;
let logged: string[];
let got: Got[];
let server: Server;
let url: string;
/** What the target answers to its requests, in turn; the last one again and again; null: not at all. */
let answers: ({ status: number; headers?: Record<string, string> } | null)[];
let hooks: Webhook[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-webhook-"));
  logged = [];
  got = [];
  hooks = [];
  answers = [{ status: 204 }];
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    got.push({ headers: request.headers, body });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer) response.writeHead(answer.status, answer.headers).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=a-key-of-the-tests`;
});

afterEach(async () => {
  for (const hook of hooks) await hook.stop();
  server.closeAllConnections();
  server.close();
});

async function startHook(changes: Partial<WebhookSettings> = {}, clock = systemClock) {
  const log = {
    info: (line: string) => void logged.push(line),
    warn: (line: string) => void logged.push(line),
  };
  const outbox = new Outbox(join(folder, "queue"), 100, log);
  const settings: WebhookSettings = {
    name: "phone",
    url,
    secret,
    secretFile: null,
    kinds: ["alarm", "test"],
    moments: ["began", "ended"],
    timeoutSeconds: 5,
    ...changes,
  };
  const hook = new Webhook(settings, {
    outbox,
    clock,
    log,
    random: () => 1,
    wallTimeMs: () => 1_000_000_000_999,
  });
  hooks.push(hook);
  await hook.start();
  return { hook, outbox };
}

const delivered = () => got.map(({ headers }) => headers["xnorcam-delivery"]);
const began = beganNotice("1");
const ended = noticeOf(tellable("1", { ended: "2026-01-02T03:05:00.000Z" }), "ended", "alarm");

test("a notice is signed over its time and its body, so that nobody else can send one", async () => {
  const { hook, outbox } = await startHook();
  await hook.tell(began);
  await until("it was taken", () => got.length === 1 && outbox.size === 0);
  const { headers, body } = got[0]!;
  expect(JSON.parse(body)).toEqual(began);
  expect(headers["content-type"]).toBe("application/json");
  const mac = createHmac("sha256", secret).update(`1000000000.${body}`).digest("hex");
  expect(headers["xnorcam-signature"]).toBe(`t=1000000000,v1=${mac}`);
});

test("the secret may be in a file; without one, notices are not signed", async () => {
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, `${secret}\n`);
  const signed = await startHook({ secret: null, secretFile });
  await signed.hook.tell(began);
  await until("it was taken", () => signed.outbox.size === 0 && got.length === 1);
  const mac = createHmac("sha256", secret).update(`1000000000.${got[0]!.body}`).digest("hex");
  expect(got[0]!.headers["xnorcam-signature"]).toBe(`t=1000000000,v1=${mac}`);
  const plain = await startHook({ secret: null });
  await plain.hook.tell(ended);
  await until("it was taken", () => got.length === 2);
  expect(got[1]!.headers["xnorcam-signature"]).toBeUndefined();
});

test("a target that fails gets the same notice again with the same id, and the next one only after it", async () => {
  answers = [{ status: 503 }, { status: 429, headers: { "retry-after": "0" } }, { status: 200 }];
  const { hook, outbox } = await startHook();
  await hook.tell(began);
  await hook.tell(ended);
  await until("both were taken", () => outbox.size === 0, 10_000);
  expect(delivered()).toEqual([began.id, began.id, began.id, ended.id]);
  expect(got[0]!.body).toBe(got[2]!.body);
  expect(logged).toEqual([
    "webhook phone: status 503; it is tried again",
    "webhook phone: status 429; it is tried again",
    "webhook phone works again",
  ]);
});

test("the waits double from half a second up to minutes, or are as long as the target asks", async () => {
  answers = [{ status: 500 }];
  const clock = new SteeredClock();
  const { hook } = await startHook({}, clock);
  await hook.tell(began);
  const waits = [500, 1000, 2000, 4000, 8000];
  for (const [index, waitMs] of waits.entries()) {
    await until("it failed", () => got.length === index + 1 && clock.pending === 1);
    clock.advance(waitMs - 1);
    expect(clock.pending).toBe(1);
    if (index === waits.length - 1) answers = [{ status: 503, headers: { "retry-after": "3600" } }];
    clock.advance(1);
  }
  await until("it failed again", () => got.length === waits.length + 1 && clock.pending === 1);
  clock.advance(3600_000 - 1);
  expect(clock.pending).toBe(1);
});

test("what a target refuses for good is dropped, and the next one is told", async () => {
  answers = [{ status: 422 }, { status: 200 }];
  const { hook, outbox } = await startHook();
  await hook.tell(began);
  await hook.tell(ended);
  await until("the second was taken", () => outbox.size === 0);
  expect(delivered()).toEqual([began.id, ended.id]);
  expect(logged).toEqual([`webhook phone refused "${began.id}" with status 422; it is not sent again`]);
});

test("a redirect is not followed, and the log says what to set", async () => {
  const elsewhere: string[] = [];
  const other = createServer((request, response) => {
    elsewhere.push(request.url ?? "");
    response.end();
  });
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  try {
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/stolen`;
    answers = [{ status: 307, headers: { location } }, { status: 204 }];
    const { hook, outbox } = await startHook();
    await hook.tell(began);
    await until("it was taken in the end", () => outbox.size === 0);
    expect(elsewhere).toEqual([]);
    expect(logged[0]).toBe(
      "webhook phone: status 307: redirects are not followed; set its url to the final address; it is tried again",
    );
  } finally {
    other.close();
  }
});

test("a target that never answers is given up after the timeout and tried again", async () => {
  answers = [null, { status: 204 }];
  const { hook, outbox } = await startHook({ timeoutSeconds: 0.2 });
  await hook.tell(began);
  await until("it was taken", () => outbox.size === 0, 10_000);
  expect(delivered()).toEqual([began.id, began.id]);
  expect(logged[0]).toBe("webhook phone: no answer in 0.2 s; it is tried again");
});

test("what was not delivered when the program stopped is delivered by the next run", async () => {
  answers = [null];
  const first = await startHook();
  await first.hook.tell(began);
  await until("it was sent", () => got.length === 1);
  await first.hook.stop();
  answers = [{ status: 204 }];
  const second = await startHook();
  await until("it was taken", () => got.length === 2 && second.outbox.size === 0);
  expect(delivered()).toEqual([began.id, began.id]);
});

test("neither the secret nor the address with its key is in the log, whatever fails", async () => {
  answers = [{ status: 500 }, { status: 302 }, { status: 400 }];
  const { hook, outbox } = await startHook();
  await hook.tell(began);
  await until("it was refused", () => outbox.size === 0, 10_000);
  server.close();
  server.closeAllConnections();
  const closed = await startHook();
  await closed.hook.tell(ended);
  await until("it can't be reached", () => logged.some((line) => line.includes("ECONNREFUSED")));
  const missing = await startHook({ secret: null, secretFile: join(folder, "none") });
  await missing.hook.tell(ended);
  await until("the missing file is named", () => logged.some((line) => line.includes("none")));
  expect(logged.join("\n")).not.toMatch(/a-key-of-the-tests|a secret of the tests/);
});

test("a target gets the kinds and moments that it asks for, and an end for each beginning", async () => {
  const sighting = tellable("2", { kind: "sighting" });
  const alarm = tellable("2", { kind: "alarm" });
  const over = tellable("2", { kind: "alarm", ended: "2026-01-02T03:05:00.000Z" });
  const notices = [
    noticeOf(sighting, "began", "sighting"),
    noticeOf(alarm, "raised", "sighting"),
    noticeOf(over, "ended", "sighting"),
  ];
  const taken = async (changes: Partial<WebhookSettings>) => {
    got = [];
    const { hook, outbox } = await startHook(changes);
    for (const notice of notices) await hook.tell(notice);
    await until("all were taken", () => outbox.size === 0);
    return got.map(({ body }) => JSON.parse(body).moment);
  };
  expect(await taken({ kinds: ["alarm"] })).toEqual(["raised", "ended"]);
  expect(await taken({ kinds: ["sighting"] })).toEqual(["began", "ended"]);
  expect(await taken({ kinds: ["alarm", "sighting"], moments: ["began"] })).toEqual(["began", "raised"]);
  expect(await taken({ kinds: ["test"] })).toEqual([]);
});
