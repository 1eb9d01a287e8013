import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { EventStore } from "../../src/events/event-store.ts";
import { withTime } from "../../src/events/timed-jpeg.ts";
import { sharp } from "../../src/image/sharp.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { EventFolder, facts, someMorning } from "../helpers/recorded.ts";
import { until } from "../helpers/until.ts";
import { WatchedPage } from "../helpers/watched-page.ts";

const day = 24 * 3600_000;
const [width, height] = [320, 240];

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let browser: Browser;
let folder: EventFolder;
let store: EventStore;
let live: LiveServer;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  folder = new EventFolder();
  store = await folder.open();
  live = await LiveServer.start({ events: store });
  store.on("event", (event) => live.hub.publishEvent(event));
  watched = await WatchedPage.open(browser, live, { timezoneId: "UTC" });
  ({ page } = watched);
});
afterEach(async () => {
  await watched.close();
  await live.stop();
  await folder.remove();
});

function picture(red: number): Promise<Buffer> {
  const background = { r: red, g: 40, b: 40 };
  return sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** An event with a clip of ten frames, each redder than the one before. */
async function record(key: number, change: Parameters<typeof facts>[0] = {}): Promise<void> {
  const still = await picture(90);
  await store.write({ type: "begin", key, facts: { ...facts(change), endedMs: null }, still });
  for (let i = 0; i < 10; i++) {
    const sinceBeganMs = i * 200 - 200;
    const jpeg = withTime(await picture(i * 25), sinceBeganMs);
    await store.write({ type: "frame", key, jpeg, sinceBeganMs, width, height });
  }
  await store.write({ type: "end", key, facts: facts(change) });
}

const cards = () => page.locator(".event-card strong").allTextContents();

test("where nothing was recorded, the page says what will be here", async () => {
  await page.goto(`${live.url}/#/events`);
  await page.getByRole("heading", { name: "No events yet" }).waitFor();
});

test("events are shown with their stills, the newest first, and a new one without asking", async () => {
  await record(1, { labels: ["person"], kind: "sighting" });
  await record(2, { labels: ["knife"], beganMs: someMorning + day });
  await page.goto(`${live.url}/#/events`);
  await page.locator(".event-card").nth(1).waitFor();
  expect(await cards()).toEqual(["knife, not acknowledged", "person"]);
  await until("the stills are there", () =>
    page.evaluate<boolean>("[...document.images].filter((i) => i.naturalWidth === 320).length === 2"),
  );
  await page.locator('#connection[data-state="live"]').waitFor();
  await record(3, { labels: ["rifle"], beganMs: someMorning + 2 * day });
  await page.locator(".event-card", { hasText: "rifle" }).waitFor();
  expect((await cards())[0]).toBe("rifle, not acknowledged");
});

test("a filter narrows them, stands in the address, and is gone with one click", async () => {
  await record(1, { labels: ["person"], kind: "sighting", zones: ["door"] });
  await record(2, { labels: ["knife"], beganMs: someMorning + day });
  await page.goto(`${live.url}/#/events`);
  await page.getByLabel("Kind").selectOption("Sighting");
  await until("one is left", async () => (await cards()).join() === "person");
  expect(page.url()).toContain("kind=sighting");
  await page.getByLabel("From").fill("2026-03-02");
  await page.getByRole("heading", { name: "Nothing fits this filter" }).waitFor();
  await page.getByRole("link", { name: "Show all events" }).click();
  await until("all are there", async () => (await cards()).length === 2);
  await page.getByLabel("To", { exact: true }).fill("2026-03-01");
  await until("that of the first day is left", async () => (await cards()).join() === "person");
});

test("older ones come page by page", async () => {
  for (let key = 1; key <= 25; key++) {
    await store.write({ type: "begin", key, facts: { ...facts(), endedMs: null }, still: null });
    await store.write({ type: "end", key, facts: facts() });
  }
  await page.goto(`${live.url}/#/events`);
  await page.locator(".event-card").first().waitFor();
  expect(await page.locator(".event-card").count()).toBe(24);
  await page.getByRole("button", { name: "Show more" }).click();
  await until("the last one came", async () => (await page.locator(".event-card").count()) === 25);
  expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
});

/** Red, green, blue in the middle of the player's picture, away from the box. */
async function colorOfClip(): Promise<number[]> {
  return await page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector(".player canvas");
    return [...canvas.getContext("2d").getImageData(canvas.width * 0.8, canvas.height * 0.8, 1, 1).data].slice(0, 3);
  })()`);
}

test("the player plays the clip to its end, and goes to any frame by keyboard", async () => {
  await record(1);
  await page.goto(`${live.url}/#/events/1`);
  await page.getByRole("img", { name: "Frame 10 of 10" }).waitFor();
  await until("the last frame is drawn", async () => (await colorOfClip())[0]! > 200);
  await page.getByRole("button", { name: "Play" }).waitFor();
  const position = page.getByRole("slider", { name: "Position in the clip" });
  await position.focus();
  await page.keyboard.press("Home");
  await page.getByRole("img", { name: "Frame 1 of 10" }).waitFor();
  await until("the first frame is drawn", async () => (await colorOfClip())[0]! < 30);
});

test("a clip is offered as MP4 where ffmpeg is there, and in the archive anyway", async () => {
  await record(1);
  const { PATH } = process.env;
  try {
    await page.goto(`${live.url}/#/events/1`);
    await page.getByRole("link", { name: "Video (MP4)" }).waitFor();
    process.env.PATH = folder.path;
    await page.reload();
    await page.getByRole("link", { name: /^Export/ }).waitFor();
    expect(await page.getByRole("link", { name: "Video (MP4)" }).count()).toBe(0);
  } finally {
    process.env.PATH = PATH;
  }
});

test("an event says why; it is acknowledged, pinned, given a note, and deleted", async () => {
  await record(1);
  await page.goto(`${live.url}/#/events/1`);
  await page.getByText("knife 0.71 in 4 of 6 frames, armed away").first().waitFor();
  await page.getByRole("button", { name: "Acknowledge" }).click();
  await page.getByText("Acknowledged", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Pin" }).click();
  await page.getByRole("button", { name: "Unpin" }).waitFor();
  await page.getByLabel("Note").fill("The neighbor with a kitchen knife");
  await page.getByRole("button", { name: "Save" }).click();
  await until("all is kept", async () => {
    const event = await store.get(1);
    return event?.acknowledged === true && event.pinned && event.note === "The neighbor with a kitchen knife";
  });

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("xnorcam-1.zip");

  await page.getByRole("button", { name: "Delete" }).click();
  const question = page.getByRole("dialog", { name: "Delete this event?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  expect(await store.get(1)).not.toBeNull();
  await page.getByRole("button", { name: "Delete" }).click();
  await question.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "No events yet" }).waitFor();
  expect(await store.get(1)).toBeNull();
  expect(watched.complaints).toEqual([]);
});

test("an event that is not there is named as such", async () => {
  await page.goto(`${live.url}/#/events/77`);
  await page.getByRole("heading", { name: "This event is not there" }).waitFor();
});
