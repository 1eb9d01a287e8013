import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer, type ReceivedMessage, TestViewer } from "../helpers/live-server.ts";
import { SteeredClock } from "../helpers/steered-clock.ts";
import { until } from "../helpers/until.ts";

let live: LiveServer;
let clock: SteeredClock;

beforeEach(async () => {
  clock = new SteeredClock();
  live = await LiveServer.start({ clock });
});
afterEach(() => live.stop());

const rifle = [detection("rifle", 0.7123, [10.26, 20, 50, 30])];

describe("the live WebSocket", () => {
  test("greets with status and alarm, then sends each frame's detections directly before its JPEG", async () => {
    const viewer = await TestViewer.connect(live);
    await until("the greeting came", () => viewer.received.length === 2);
    expect(viewer.received.map((message) => (message as ReceivedMessage).type)).toEqual(["status", "alarm"]);

    for (let frame = 1; frame <= 3; frame++) {
      live.publish(frame === 2 ? rifle : []);
      await until("the picture came", () => viewer.jpegs.length === frame);
    }
    const frames = viewer.received.filter(
      (message) => Buffer.isBuffer(message) || message.type === "detections",
    );
    expect(frames).toHaveLength(6);
    for (let i = 0; i < 6; i += 2) {
      expect(frames[i]).toMatchObject({ type: "detections", frameId: i / 2 + 1 });
      expect(frames[i + 1]).toBeInstanceOf(Buffer);
    }
    expect(frames[2]).toEqual({
      type: "detections",
      frameId: 2,
      width: live.picture.width,
      height: live.picture.height,
      latencyMs: 100,
      detections: [
        {
          label: "rifle",
          score: 0.7123,
          box: [10.3, 20, 50, 30],
          track: 1,
          why: "rifle 0.71 in 1 of 1 frame, 3 needed",
        },
      ],
    });
    const { format, width, height } = await sharp(viewer.jpegs[0]!).metadata();
    expect({ format, width, height }).toEqual({
      format: "jpeg",
      width: live.picture.width,
      height: live.picture.height,
    });
    viewer.close();
  });

  test("on a machine that is too slow, viewers get one frame of two and half the size, boxes as ever", async () => {
    const viewer = await TestViewer.connect(live);
    live.hub.shed({ viewerEvery: 2, viewerDivisor: 2 });
    for (let frame = 1; frame <= 6; frame++) {
      live.publish(rifle);
      await until("the picture came", () => viewer.jpegs.length === Math.ceil(frame / 2));
    }
    await sleep(50);
    expect(viewer.jpegs).toHaveLength(3);
    const { width, height } = await sharp(viewer.jpegs[0]!).metadata();
    expect([width, height]).toEqual([Math.ceil(live.picture.width / 2), Math.ceil(live.picture.height / 2)]);
    const messages = viewer.received.filter(
      (message) => !Buffer.isBuffer(message) && message.type === "detections",
    );
    expect(messages[0]).toMatchObject({
      width: live.picture.width,
      detections: [{ box: [10.3, 20, 50, 30] }],
    });
    viewer.close();
  });

  test("a page gets half the size where its screen shows no more, and the whole picture beside it", async () => {
    const [small, large] = [await TestViewer.connect(live), await TestViewer.connect(live)];
    small.socket.send(JSON.stringify({ type: "view", width: Math.floor(live.picture.width / 2) }));
    await sleep(50);
    live.publish(rifle);
    await until("both pictures came", () => small.jpegs.length === 1 && large.jpegs.length === 1);
    expect((await sharp(small.jpegs[0]!).metadata()).width).toBe(Math.ceil(live.picture.width / 2));
    expect((await sharp(large.jpegs[0]!).metadata()).width).toBe(live.picture.width);
    expect(live.hub.stats.encodes.clean).toBe(2);
    small.close();
    large.close();
  });

  test("a hidden page costs no encode and is told the news all the same; seen again, it gets pictures", async () => {
    const viewer = await TestViewer.connect(live);
    viewer.socket.send('{"type":"view","width":0}');
    await sleep(50);
    for (let frame = 0; frame < 3; frame++) live.publish(rifle);
    await until("the alarm was told", () => viewer.messages("alarm").length === 2);
    expect(live.hub.stats.encodes.clean).toBe(0);
    viewer.socket.send('{"type":"view","width":640}');
    await sleep(50);
    live.publish(rifle);
    await until("a picture came", () => viewer.jpegs.length === 1);
    viewer.close();
  });

  test("a page that asks for two frames a second gets no more", async () => {
    const viewer = await TestViewer.connect(live);
    viewer.socket.send('{"type":"view","fps":2}');
    await sleep(50);
    for (let frame = 0; frame < 10; frame++) {
      live.publish();
      clock.advance(100);
      await sleep(20);
    }
    await until("the pictures came", () => viewer.jpegs.length === 2);
    viewer.close();
  });

  test.each([
    "hello",
    "null",
    '{"type":"view","width":-1}',
    '{"type":"view","fps":0}',
    '{"type":"view","x":1}',
  ])("a message that is no request for a view ends the stream: %s", async (text) => {
    const viewer = await TestViewer.connect(live);
    viewer.socket.send(text);
    await until("the stream ended", () => viewer.closed !== null);
    expect(viewer.closed?.code).toBe(1008);
  });

  test("eight viewers cost one JPEG encode a frame", async () => {
    const viewers = await Promise.all(Array.from({ length: 8 }, () => TestViewer.connect(live)));
    for (let frame = 1; frame <= 10; frame++) {
      live.publish(rifle);
      await until("all got the picture", () => viewers.every(({ jpegs }) => jpegs.length === frame));
    }
    expect(live.hub.stats).toMatchObject({
      viewers: { webSocket: 8, mjpeg: 0 },
      encodes: { clean: 10, boxed: 0 },
      skipped: 0,
    });
    for (const viewer of viewers) viewer.close();
  });

  test("nothing is encoded while nobody watches", async () => {
    for (let frame = 0; frame < 5; frame++) live.publish(rifle);
    expect(live.hub.stats.encodes).toEqual({ clean: 0, boxed: 0 });
    const viewer = await TestViewer.connect(live);
    viewer.close();
    await until("the viewer is gone", () => live.hub.viewerCount === 0);
    live.publish(rifle);
    expect(live.hub.stats.encodes).toEqual({ clean: 0, boxed: 0 });
  });

  test("a frame that comes while the previous is being encoded is not shown", async () => {
    const viewer = await TestViewer.connect(live);
    for (let frame = 0; frame < 4; frame++) live.publish();
    await until("a picture came", () => viewer.jpegs.length === 1);
    await sleep(100);
    expect(viewer.jpegs).toHaveLength(1);
    expect(live.hub.stats).toMatchObject({ encodes: { clean: 1 }, skipped: 3 });
    viewer.close();
  });

  test("the alarm is told to every viewer when it goes on and off, and a late viewer learns of it", async () => {
    const early = await TestViewer.connect(live);
    for (let frame = 0; frame < 3; frame++) live.publish(rifle);
    expect(live.output.on).toBe(true);
    await until("the alarm was told", () => early.messages("alarm").length === 2);
    expect(early.messages("alarm")[1]).toMatchObject({
      active: true,
      frameId: 3,
      reason: "rifle 0.71 in 3 of 3 frames, armed away",
      offInMs: 1500,
    });
    const late = await TestViewer.connect(live);
    await until("the greeting came", () => late.messages("alarm").length === 1);
    expect(late.messages("alarm")[0]).toMatchObject({
      active: true,
      reason: "rifle 0.71 in 3 of 3 frames, armed away",
    });
    clock.advance(1500);
    await until("the end was told", () => early.messages("alarm").length === 3);
    expect(early.messages("alarm")[2]).toMatchObject({ active: false, reason: null });
    early.close();
    late.close();
  });

  test("the status comes once a second", async () => {
    const viewer = await TestViewer.connect(live);
    for (let count = 1; count <= 3; count++) {
      await until("the status came", () => viewer.messages("status").length === count);
      clock.advance(1000);
    }
    expect(viewer.messages("status")[2]).toMatchObject({ live: { viewers: { webSocket: 1 } } });
    viewer.close();
  });
});

describe("a viewer that stops reading", () => {
  test("is skipped, keeps neither the publisher nor other viewers waiting, and is cut off", async () => {
    const good = await TestViewer.connect(live);
    const bad = await TestViewer.connect(live);
    bad.socket.pause();
    for (let second = 1; second <= 10; second++) {
      expect(live.hub.stats.cutOff).toBe(0);
      live.publish(rifle);
      await until("the good viewer got the picture", () => good.jpegs.length === second);
      clock.advance(1000);
    }
    expect(live.hub.stats).toMatchObject({ viewers: { webSocket: 1 }, cutOff: 1, skipped: 0 });
    bad.socket.resume();
    await until("it was cut off", () => bad.closed !== null);
    expect(bad.closed?.code).toBe(1006);
    expect(bad.jpegs.length).toBeLessThanOrEqual(2);
    good.close();
  });

  test("does not keep the server from stopping", async () => {
    const bad = await TestViewer.connect(live);
    bad.socket.pause();
    live.publish();
    const stopped = live.stop();
    // The time that it has to answer our close frame.
    clock.advance(500);
    await stopped;
    bad.close();
  });
});

describe("viewers that are not welcome", () => {
  test("a page of another site may not open the stream, a page of this host and a program may", async () => {
    await expect(TestViewer.connect(live, { origin: "http://evil.example" })).rejects.toThrow(
      "refused with 403",
    );
    await expect(TestViewer.connect(live, { origin: "null" })).rejects.toThrow("refused with 403");
    (await TestViewer.connect(live, { origin: live.url })).close();
    (await TestViewer.connect(live)).close();
  });

  test.each(["evil.example", "evil.example:8080", "camera.local.evil.example"])(
    "a page under the name of another, %s, may not open the stream although it says it is ours",
    async (host) => {
      const refused = TestViewer.connect(live, { headers: { host }, origin: `http://${host}` });
      await expect(refused).rejects.toThrow("refused with 403");
    },
  );

  test("one that is refused and never ends its side is disconnected", async () => {
    const { hostname, port } = new URL(live.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    socket.write(
      `GET /elsewhere HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await once(socket, "end");
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(answer).toContain("x-content-type-options: nosniff\r\n");
    await live.stop();
    socket.destroy();
  });

  test("there is no WebSocket at other addresses", async () => {
    await expect(TestViewer.connect({ ...live, url: `${live.url}/elsewhere` })).rejects.toThrow(
      "refused with 404",
    );
  });

  test("a viewer that talks is sent away", async () => {
    const viewer = await TestViewer.connect(live);
    viewer.socket.send("hello");
    await until("it was closed", () => viewer.closed !== null);
    expect(viewer.closed).toEqual({ code: 1008, reason: "this stream takes only messages of type view" });
  });

  test("a long message is refused before it is read", async () => {
    const viewer = await TestViewer.connect(live);
    viewer.socket.send(Buffer.alloc(100_000));
    await until("it was closed", () => viewer.closed !== null);
    expect([1006, 1009]).toContain(viewer.closed?.code);
    await until("it was forgotten", () => live.hub.viewerCount === 0);
  });

  test("the 65th viewer is told to come back later, over WebSocket and HTTP", async () => {
    const viewers = await Promise.all(Array.from({ length: 64 }, () => TestViewer.connect(live)));
    await expect(TestViewer.connect(live)).rejects.toThrow("refused with 503");
    const response = await live.fetch("/api/v1/live.mjpeg");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: "Service Unavailable",
      status: 503,
      detail: "64 viewers are watching already; close one or try again later",
    });
    for (const viewer of viewers) viewer.close();
  });
});

test("stopping closes viewers with a reason and leaves the port free", async () => {
  const viewer = await TestViewer.connect(live);
  await live.stop();
  await until("it was closed", () => viewer.closed !== null);
  expect(viewer.closed).toEqual({ code: 1001, reason: "the camera stops" });
  const again = await LiveServer.start({ port: Number(new URL(live.url).port) });
  await again.stop();
});
