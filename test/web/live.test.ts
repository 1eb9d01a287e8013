import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { launchBrowser } from "../helpers/browser.ts";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { until } from "../helpers/until.ts";
import { WatchedPage } from "../helpers/watched-page.ts";

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let browser: Browser;
let live: LiveServer;
let watched: WatchedPage;
let page: Page;
let frames: NodeJS.Timeout | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  live = await LiveServer.start();
  watched = await WatchedPage.open(browser, live);
  ({ page } = watched);
});
afterEach(async () => {
  clearInterval(frames);
  await watched.close();
  await live.stop();
});

function film(detections: Parameters<LiveServer["publish"]>[0]): void {
  clearInterval(frames);
  frames = setInterval(() => live.publish(detections), 100);
}

const person = detection("person", 0.62, [20, 20, 40, 60]);
const rifle = detection("rifle", 0.71, [40, 40, 60, 20]);

/** Red, green, blue on the screen at a place of the picture that is given in pixels of the frame. */
async function colorAt(x: number, y: number): Promise<[number, number, number]> {
  const screen = sharp(await page.locator("canvas").screenshot()).removeAlpha();
  const { data, info } = await screen.raw().toBuffer({ resolveWithObject: true });
  const scale = info.width / live.picture.width;
  const at = (Math.round(y * scale) * info.width + Math.round(x * scale)) * info.channels;
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

describe("the live page", () => {
  test("shows the picture, the boxes in their colors, and lists what is seen", async () => {
    await page.goto(live.url);
    film([rifle, person]);
    await page.locator('#seen [data-label="rifle"]').waitFor();
    expect(await page.locator("#seen li").allTextContents()).toEqual([
      expect.stringMatching(/^rifle #1\s+0\.71rifle 0\.71 in \d of \d frames?, (\d needed|armed away)$/),
      expect.stringMatching(/^person #2\s+0\.62$/),
    ]);
    expect(await page.locator("canvas").getAttribute("aria-label")).toBe("Live picture: rifle, person");
    const [red, green] = await colorAt(70, 60);
    expect(red).toBeGreaterThan(green + 80);
    const [personRed, personGreen] = await colorAt(20, 70);
    expect(personGreen).toBeGreaterThan(personRed + 80);
    expect(watched.complaints).toEqual([]);
  });

  test("says when the alarm goes on, why, on which output, and when it is over", async () => {
    await page.goto(live.url);
    film([person]);
    await page.getByText("All quiet").waitFor();
    film([rifle]);
    const banner = page.locator('#alarm[data-state="on"]');
    await banner.waitFor();
    expect(await banner.textContent()).toMatch(
      /^\s*Alarm\s*rifle 0\.71 in \d of \d frames, armed away, off in \d\ss/,
    );
    expect(await page.locator("#alarm-state").textContent()).toBe("Alarm");
    expect(await page.title()).toBe("⚠ Alarm – Xnorcam");
    await page.locator('#outputs .level[data-on="true"]').waitFor();
    expect(await page.locator("#outputs").textContent()).toMatch(/GPIO 17\s*simulated: no Raspberry Pi GPIO/);
    film([]);
    await page.locator('#alarm[data-state="quiet"]').waitFor();
    expect(await page.locator("#recent li").count()).toBe(1);
    expect(await page.locator("#recent").textContent()).toMatch(
      /rifle 0\.71 in \d of 5 frames, armed away\s*\d\ss/,
    );
    expect(watched.complaints).toEqual([]);
  });

  test("shows where the pictures come from, and its health page how it runs", async () => {
    await page.goto(live.url);
    film([]);
    await page.getByText("replay of a bundled training clip").waitFor();
    await page.getByText("Nothing that it knows").waitFor();
    await page.getByRole("link", { name: "Health" }).click();
    await page.locator("#numbers").waitFor();
    const numbers = await page.locator("#numbers").textContent();
    for (const name of [
      "Frames a second",
      "Camera to result",
      "Event loop delay",
      "Dropped frames",
      "Network",
    ]) {
      expect(numbers).toContain(name);
    }
    expect(numbers).toContain("xnor-yolo-zero, up to 224 × 160, reference kernels");
  });

  test("takes the picture at half its size where its window shows no more", async () => {
    await page.setViewportSize({ width: Math.floor(live.picture.width / 2), height: 700 });
    const sizes: number[] = [];
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload !== "string")
          void sharp(payload)
            .metadata()
            .then(({ width }) => sizes.push(width));
      });
    });
    await page.goto(live.url);
    film([person]);
    await until("pictures came at half the size", () => sizes.at(-1) === Math.ceil(live.picture.width / 2));
    expect(await page.locator("canvas").getAttribute("aria-label")).toBe("Live picture: person");
  });

  test("asks for no pictures while its tab is hidden, and for them again when it is seen", async () => {
    await page.goto(live.url);
    film([person]);
    await page.locator('#seen [data-label="person"]').waitFor();
    const show = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
         document.dispatchEvent(new Event("visibilitychange"))`,
      );
    await show("hidden");
    await sleep(300);
    const { clean } = live.hub.stats.encodes;
    await sleep(500);
    expect(live.hub.stats.encodes.clean).toBe(clean);
    expect(live.hub.stats.viewers.webSocket).toBe(1);
    await show("visible");
    await until("pictures are made again", () => live.hub.stats.encodes.clean > clean + 1);
  });

  test("says that it reconnects when the camera is gone, and goes on when it is back", async () => {
    await page.goto(live.url);
    film([rifle]);
    await page.locator('#connection[data-state="live"]').waitFor();
    const port = Number(new URL(live.url).port);
    clearInterval(frames);
    await live.stop({ keepData: true });
    await page.getByText("reconnecting…").waitFor();
    expect(await page.locator("#alarm-state").textContent()).toBe("No connection to the camera");
    live = await LiveServer.start({ port, dataDir: live.dataDir });
    film([person]);
    await page.locator('#connection[data-state="live"]').waitFor();
    await page.locator('#seen [data-label="person"]').waitFor();
  });

  test("lists an alarm once that is still on when the connection is back", async () => {
    const { port } = new URL(live.url);
    const sockets = new Set<Socket>();
    const line = createServer((socket) => {
      const camera = connect(Number(port), "127.0.0.1");
      for (const end of [socket, camera]) {
        sockets.add(end);
        end.on("error", () => {});
      }
      socket.pipe(camera).pipe(socket);
    }).listen(0, "127.0.0.1");
    await once(line, "listening");
    await page.goto(`http://127.0.0.1:${(line.address() as AddressInfo).port}`);
    film([rifle]);
    await page.locator('#alarm[data-state="on"]').waitFor();
    for (const socket of sockets) socket.destroy();
    await page.locator('#alarm[data-state="unknown"]').waitFor();
    await page.locator('#alarm[data-state="on"]').waitFor();
    expect(await page.locator("#recent li").count()).toBe(1);
    film([]);
    await page.locator('#alarm[data-state="quiet"]').waitFor();
    film([rifle]);
    await page.locator('#alarm[data-state="on"]').waitFor();
    expect(await page.locator("#recent li").count()).toBe(2);
    for (const socket of sockets) socket.destroy();
    line.close();
  });
});
