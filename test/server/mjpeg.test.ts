import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { i420Bytes, type Picture } from "../../src/camera/frame.ts";
import { randomFrom } from "../../src/random.ts";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer, TestViewer } from "../helpers/live-server.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import { until } from "../helpers/until.ts";

let live: LiveServer;

beforeEach(async () => {
  live = await LiveServer.start();
});
afterEach(() => live.stop());

test("the stream is multipart JPEG, each part complete as soon as its frame is", async () => {
  const response = await live.fetch("/api/v1/live.mjpeg");
  expect(response.headers.get("content-type")).toBe("multipart/x-mixed-replace; boundary=xnorcam-frame");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  const reader = response.body!.getReader();
  let bytes = Buffer.alloc(0);
  const parts: Buffer[] = [];
  while (parts.length < 3) {
    if (live.hub.stats.encodes.boxed === parts.length) live.publish([detection("rifle", 0.7)]);
    const { value } = await reader.read();
    bytes = Buffer.concat([bytes, value!]);
    const head = /^--xnorcam-frame\r\nContent-Type: image\/jpeg\r\nContent-Length: (\d+)\r\n\r\n/.exec(
      bytes.toString("latin1"),
    );
    if (head === null) continue;
    const end = head[0].length + Number(head[1]);
    if (!bytes.subarray(end).toString("latin1").startsWith("\r\n--xnorcam-frame\r\n")) continue;
    parts.push(bytes.subarray(head[0].length, end));
    bytes = bytes.subarray(end + 2);
  }
  for (const part of parts) expect((await sharp(part).metadata()).width).toBe(live.picture.width);
  expect(live.hub.stats).toMatchObject({ viewers: { mjpeg: 1 }, encodes: { clean: 0, boxed: 3 } });
  await reader.cancel();
  await until("the viewer is gone", () => live.hub.viewerCount === 0);
});

test("boxes are drawn into the MJPEG picture and not into the one for the page", async () => {
  const gray: Picture = { width: 160, height: 120, data: new Uint8Array(i420Bytes(160, 120)).fill(128) };
  await live.stop();
  live = await LiveServer.start({ picture: gray });
  const page = await TestViewer.connect(live);
  const response = await live.fetch("/api/v1/live.mjpeg");
  const reader = response.body!.getReader();
  live.publish([detection("rifle", 0.7, [40, 40, 60, 60])]);
  await until("the page got its picture", () => page.jpegs.length === 1);

  let bytes = Buffer.alloc(0);
  while (!bytes.includes("\r\n--xnorcam-frame\r\n", 20)) {
    bytes = Buffer.concat([bytes, (await reader.read()).value!]);
  }
  const boxed = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4, bytes.lastIndexOf("\r\n--xnorcam-frame"));
  const spread = async (jpeg: Buffer) => (await sharp(jpeg).stats()).channels[0]!.stdev;
  expect(await spread(page.jpegs[0]!)).toBeLessThan(1);
  expect(await spread(boxed)).toBeGreaterThan(5);
  expect(gray.data.every((value) => value === 128)).toBe(true);
  await reader.cancel();
  page.close();
});

test("an MJPEG viewer that stops reading is skipped, then cut off", async () => {
  const random = randomFrom(1);
  const noise: Picture = {
    width: 1280,
    height: 960,
    data: Uint8Array.from({ length: i420Bytes(1280, 960) }, () => random() * 256),
  };
  await live.stop();
  const clock = new SteeredClock();
  live = await LiveServer.start({ picture: noise, clock });
  const { hostname, port } = new URL(live.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(`GET /api/v1/live.mjpeg HTTP/1.1\r\nHost: ${hostname}\r\nCookie: ${live.cookie}\r\n\r\n`);
  socket.pause();
  await until("the viewer is there", () => live.hub.viewerCount === 1);

  // What the kernel takes on both sides is megabytes; after that no frame is encoded for nobody.
  let published = 0;
  await until(
    "it is skipped",
    async () => {
      live.publish();
      published++;
      await sleep(50);
      return published - live.hub.stats.encodes.boxed - live.hub.stats.skipped >= 5;
    },
    25_000,
  );
  clock.advance(9000);
  expect(live.hub.stats.cutOff).toBe(0);
  clock.advance(1000);
  expect(live.hub.stats.cutOff).toBe(1);
  expect(live.hub.viewerCount).toBe(0);
  socket.destroy();
});

test("HEAD gets the headers and makes no viewer", async () => {
  const response = await live.fetch("/api/v1/live.mjpeg", { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("multipart/x-mixed-replace; boundary=xnorcam-frame");
  expect(await response.text()).toBe("");
  expect(live.hub.viewerCount).toBe(0);
});
