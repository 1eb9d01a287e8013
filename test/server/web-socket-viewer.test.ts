import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { WebSocketViewer } from "../../src/server/web-socket-viewer.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import { until } from "../helpers/until.ts";

const jpeg = Buffer.alloc(1 << 20);

let server: WebSocketServer;
/** The camera's end, and what it sends on it. */
let socket: WebSocket;
let viewer: WebSocketViewer;
let clock: SteeredClock;
/** The page's end; it answers pings only when told. */
let client: WebSocket;
let received: string[];

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: false, perMessageDeflate: false });
  received = [];
  client.on("message", (data, isBinary) => received.push(isBinary ? "JPEG" : data.toString()));
  [[socket]] = (await Promise.all([once(server, "connection"), once(client, "open")])) as [
    [WebSocket],
    unknown,
  ];
  clock = new SteeredClock();
  viewer = new WebSocketViewer(socket, clock);
});
afterEach(() => {
  client.terminate();
  server.close();
});

/** The client reads nothing and answers each ping that it can guess, until the kernel takes no more. */
async function fillWithoutReading(): Promise<void> {
  client.pause();
  for (let frame = 1; socket.bufferedAmount === 0; frame++) {
    viewer.sendFrame("detections", jpeg);
    client.pong(String(frame));
    await sleep(5);
  }
}

describe("what confirms a frame", () => {
  test("is the pong of its ping or of a later one, and nothing else", async () => {
    let pongs = 0;
    socket.on("pong", () => pongs++);
    viewer.sendFrame("detections", jpeg);
    viewer.sendFrame("detections", jpeg);
    await until("all was read", () => received.length === 4 && socket.bufferedAmount === 0);
    clock.advance(3000);
    for (const data of ["", "hello", "0", "1.5", "3"]) client.pong(data);
    await until("the pongs came", () => pongs === 5);
    expect([viewer.isReady(), viewer.stalledMs(clock.now())]).toEqual([false, 3000]);
    client.pong("2");
    await until("the pong came", () => pongs === 6);
    expect([viewer.isReady(), viewer.stalledMs(clock.now())]).toEqual([true, 0]);
  });
});

describe("a client that answers pings and reads nothing", () => {
  test("has stalled since the kernel took no more", async () => {
    await fillWithoutReading();
    clock.advance(9000);
    for (let number = 1; number < 100; number++) client.pong(String(number));
    await sleep(20);
    expect([viewer.isReady(), viewer.stalledMs(clock.now())]).toEqual([false, 9000]);
  });

  test("has no messages pile up for it, and gets the newest when it reads again", async () => {
    await fillWithoutReading();
    const waiting = socket.bufferedAmount;
    for (let number = 1; number <= 1000; number++) viewer.sendMessage(`alarm ${number}`);
    expect(socket.bufferedAmount).toBe(waiting);
    client.resume();
    await until("the message came", () => received.at(-1) === "alarm 1000");
    expect(received.filter((message) => message.startsWith("alarm"))).toEqual(["alarm 1000"]);
    expect(viewer.stalledMs(clock.now())).toBe(0);
  });
});
