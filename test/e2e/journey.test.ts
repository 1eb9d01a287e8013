import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CameraStatus } from "../../src/server/status.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { RunningProgram } from "../helpers/running-program.ts";
import { Scene } from "../helpers/scene.ts";
import { admin } from "../helpers/sign-in.ts";
import { until } from "../helpers/until.ts";
import { WatchedPage } from "../helpers/watched-page.ts";

/** Where pictures of the pages go, to be looked at; without it, none are made. */
const screenshots = process.env.XNORCAM_SCREENSHOTS;
const widths = { phone: 320, desk: 1280 };
/** Two pictures are the same in spite of JPEG and a few boxes; two views differ by more than twice as much. */
const alike = 12;

let folder: string;
let scene: Scene;
let program: RunningProgram;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-journey-"));
  scene = await Scene.create(join(folder, "scene"));
  writeFileSync(
    join(folder, "camera.toml"),
    `
    [camera]
    replay = "${scene.folder}"
    fps = 5
    [alarm]
    k = 2
    n = 4
    confirm = false
    holdSeconds = 1
    [events]
    classes = []
    preRollSeconds = 1
    postRollSeconds = 1
    minFreeMB = 0`,
  );
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
  rmSync(folder, { recursive: true });
});

async function start(port = 0): Promise<void> {
  const files = ["--config", join(folder, "camera.toml"), "--data-dir", join(folder, "data")];
  program = await RunningProgram.launch([...files, "--port", `${port}`]);
}

async function photograph(name: string): Promise<void> {
  if (screenshots === undefined) return;
  mkdirSync(screenshots, { recursive: true });
  const before = page.viewportSize()!;
  for (const [device, width] of Object.entries(widths)) {
    await page.setViewportSize({ width, height: 720 });
    await page.screenshot({ path: join(screenshots, `${name}-${device}.png`), fullPage: true });
  }
  await page.setViewportSize(before);
}

const distance = async (view: Parameters<Scene["distance"]>[0]) =>
  await scene.distance(view, await page.locator("main canvas").screenshot());

const go = (name: string) => page.getByRole("navigation").getByRole("link", { name, exact: true }).click();

/** Waits until the detector has been through so many frames more. */
async function framesPass(count: number): Promise<void> {
  const processed = async () =>
    ((await (await page.request.get(status)).json()) as CameraStatus).detector.processed;
  const status = `${program.url}/api/v1/status`;
  const last = (await processed()) + count;
  await until(
    `the detector has been through ${count} frames`,
    async () => (await processed()) >= last,
    30_000,
  );
}

test("from the first start to a clip of an alarm, and on through a restart", {
  timeout: 240_000,
}, async () => {
  await start();
  watched = await WatchedPage.open(browser, null, { viewport: { width: widths.desk, height: 720 } });
  ({ page } = watched);
  page.setDefaultTimeout(60_000);

  // The printed setup code makes the first account.
  await page.goto(program.url);
  await page.getByRole("heading", { name: "Set up the camera" }).waitFor();
  await photograph("1-first-start");
  await page.getByLabel("Setup code").fill(program.setupCode!);
  await page.getByLabel("Your name").fill(admin.name);
  await page.getByLabel("New password").fill(admin.password);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.locator('#connection[data-state="live"]').waitFor();
  await until("the live picture is on the screen", async () => (await distance("empty")) < alike, 30_000);
  expect(await distance("right")).toBeGreaterThan(2 * alike);

  // A zone in the right half.
  await go("Zones");
  await page.getByText("the whole picture is watched").waitFor();
  await until("the zones have the picture", async () => (await distance("empty")) < alike, 30_000);
  await page.getByRole("button", { name: "Draw a zone" }).click();
  const stage = (await page.locator(".stage").boundingBox())!;
  for (const [x, y] of [
    [0.55, 0.05],
    [0.95, 0.05],
    [0.95, 0.95],
    [0.55, 0.95],
  ] as const) {
    await page.mouse.click(stage.x + x * stage.width, stage.y + y * stage.height);
  }
  await page.getByRole("button", { name: "Finish the zone" }).last().click();
  await page.getByLabel("Name").fill("Door");
  await photograph("2-zones");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();

  // A weapon outside of it is seen, for longer than the alarm looks back, and raises none.
  await go("Live");
  scene.show("left");
  await page.locator("#seen .why", { hasText: "outside every watched zone" }).first().waitFor();
  await framesPass(10);
  expect(await page.locator("#alarm").getAttribute("data-state")).toBe("quiet");
  await photograph("3-outside");
  scene.show("empty");
  await page.locator("#seen .empty").waitFor();
  expect(await page.locator("#recent li a").count()).toBe(0);
  // Until nothing of it is in what is recorded from before the next one.
  await framesPass(10);

  // Inside, it does; and when it has gone, the alarm goes off.
  scene.show("right");
  await page.locator('#alarm[data-state="on"]').waitFor();
  expect(await page.locator("#alarm-detail").textContent()).toContain("zone Door");
  await photograph("4-alarm");
  scene.show("empty");
  await page.locator('#alarm[data-state="quiet"]').waitFor();

  // The event has a clip that shows how it began, and then the weapon.
  await go("Events");
  const card = page.locator('.event-card[data-kind="alarm"]');
  await card.waitFor();
  expect(await page.locator(".event-card").count()).toBe(1);
  await page.getByText("goes on", { exact: true }).waitFor({ state: "detached" });
  await photograph("5-events");
  await card.click();
  await page.getByRole("img", { name: /^Frame \d+ of \d+$/ }).waitFor();
  await page.getByRole("button", { name: "Play" }).waitFor();
  await page.getByRole("slider", { name: "Position in the clip" }).press("Home");
  await until("the clip begins before the weapon", async () => (await distance("empty")) < alike);
  await page.getByRole("button", { name: "Play" }).click();
  await until("the weapon appears in the clip", async () => (await distance("right")) < alike, 30_000);
  await photograph("6-event");
  await until("the clip plays on until it has gone", async () => (await distance("empty")) < alike, 30_000);
  await page.getByRole("button", { name: "Play" }).waitFor();
  const [, frame, frames] = /^Frame (\d+) of (\d+)$/.exec(
    (await page.locator(".player canvas").getAttribute("aria-label"))!,
  )!;
  expect(frame).toBe(frames);

  await page.getByRole("button", { name: "Acknowledge" }).click();
  await page.getByText("Acknowledged", { exact: true }).waitFor();

  // Who is signed in stays so over a reload.
  await page.reload();
  await page.locator('#connection[data-state="live"]').waitFor();
  await page.getByText("Acknowledged", { exact: true }).waitFor();
  expect(watched.complaints).toEqual([]);

  // And over a restart of the camera, without a hand on the page.
  await go("Live");
  await page.locator("#alarm").waitFor();
  await until("the picture is there", async () => (await distance("empty")) < alike, 30_000);
  const port = Number(new URL(program.url).port);
  await program.stop();
  await page.locator('#connection[data-state="reconnecting"]').waitFor();
  await photograph("7-gone");
  scene.show("left");
  await start(port);
  expect(program.setupCode).toBeNull();
  await page.locator('#connection[data-state="live"]').waitFor();
  await page.locator("#seen .why", { hasText: "outside every watched zone" }).first().waitFor();
  expect(await page.locator("#alarm").getAttribute("data-state")).toBe("quiet");
  await watched.close();
});
