import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { alarmSettingsOf } from "../../src/alarm/from-config.ts";
import { SettingsStore } from "../../src/config/settings-store.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { until } from "../helpers/until.ts";
import { WatchedPage } from "../helpers/watched-page.ts";

const weapon = "rifle";

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let browser: Browser;
let folder: string;
let file: string;
let live: LiveServer;
let watched: WatchedPage;
let page: Page;
let frames: NodeJS.Timeout | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-settings-page-"));
  file = join(folder, "xnorcam.toml");
  writeFileSync(file, `# By the door\n[alarm]\nclasses = ["${weapon}"]\nholdSeconds = 1\n`);
  const store = new SettingsStore({ file, overrides: { fps: 2 }, env: {} });
  // Stands for a program that takes the section alarm while it runs, and nothing else.
  store.connect({
    takes: (changes) => changes.filter(({ path: [section] }) => section === "alarm"),
    problems: () => [],
    apply: ({ alarm }) => live.alarm.apply(alarmSettingsOf(alarm, {})),
  });
  live = await LiveServer.start({ settings: store });
  watched = await WatchedPage.open(browser, live);
  ({ page } = watched);
});
afterEach(async () => {
  clearInterval(frames);
  await watched.close();
  await live.stop();
  rmSync(folder, { recursive: true });
});

const onDisk = () => readFileSync(file, "utf8");

/** Shows the camera a weapon whose middle is at this share of the picture's width, again and again. */
function film(middle: number): void {
  clearInterval(frames);
  const { width, height } = live.picture;
  const box = [middle * width - 15, height / 2 - 10, 30, 20] as [number, number, number, number];
  frames = setInterval(() => live.publish([detection(weapon, 0.8, box)]), 100);
}

test("descriptions are text, with the words of their links", async () => {
  await page.goto(`${live.url}/#/settings`);
  await page.getByText("What is told to an MQTT broker, and Home Assistant; see telling.md.").waitFor();
  expect(await page.locator("main").textContent()).not.toMatch(/\]\(|`/);
});

test("a setting is changed, holds at once, and the comments of the file stay", async () => {
  await page.goto(`${live.url}/#/settings`);
  await page.getByRole("heading", { name: "Alarm" }).click();
  await page.getByLabel("Cooldown seconds").fill("42");
  await page.getByText("There are changes that are not saved.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved; all of it holds already.").waitFor();
  expect(onDisk()).toContain("cooldownSeconds = 42");
  expect(onDisk()).toContain("# By the door");
  expect(watched.complaints).toEqual([]);
});

test("what waits for a restart, and what the command line says, is named", async () => {
  await page.goto(`${live.url}/#/settings`);
  await page.locator(".notice code", { hasText: "camera.fps" }).waitFor();
  await page.getByRole("heading", { name: "Server" }).click();
  await page.getByLabel("Port").fill("8123");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved; some of it waits for a restart.").waitFor();
  await page.locator(".notice code", { hasText: "server.port" }).waitFor();
});

test("everything that is wrong is told at once, above and at its field, and nothing is changed", async () => {
  const before = onDisk();
  await page.goto(`${live.url}/#/settings`);
  await page.getByRole("heading", { name: "Alarm" }).click();
  await page.getByLabel("Hold seconds").fill("0.1");
  await page.getByLabel("Test seconds").fill("9999");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("nothing was changed").waitFor();
  for (const name of ["Hold seconds", "Test seconds"]) {
    expect(await page.getByLabel(name).getAttribute("aria-invalid")).toBe("true");
  }
  expect(await page.locator(".notice.failed li").count()).toBe(2);
  expect(onDisk()).toBe(before);
});

test("a list of settings grows and shrinks", async () => {
  await page.goto(`${live.url}/#/settings`);
  await page.getByRole("heading", { name: "Outputs" }).click();
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByLabel("Gpio").nth(1).fill("22");
  await page.getByRole("button", { name: "Remove no. 1" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved; some of it waits for a restart.").waitFor();
  expect(onDisk()).toMatch(/gpio = 22/);
  expect(onDisk()).not.toMatch(/gpio = 17/);
});

test("a zone that is drawn on the picture decides what raises the alarm", async () => {
  film(0.8);
  await page.goto(`${live.url}/#/zones`);
  await page.getByText("the whole picture is watched").waitFor();
  await page.locator(".stage canvas").waitFor();
  await page.getByRole("button", { name: "Draw a zone" }).click();
  const stage = (await page.locator(".stage").boundingBox())!;
  for (const [x, y] of [
    [0.05, 0.1],
    [0.45, 0.1],
    [0.45, 0.9],
    [0.05, 0.9],
  ] as const) {
    await page.mouse.click(stage.x + x * stage.width, stage.y + y * stage.height);
  }
  await page.getByRole("button", { name: "Finish the zone" }).last().click();
  await page.getByLabel("Name").fill("Counter");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved", { exact: true }).waitFor();
  expect(onDisk()).toContain('name = "Counter"');

  await until("the weapon outside raises no alarm", () => !live.alarm.report().active);
  await page.getByRole("link", { name: "Live" }).click();
  await page.locator("#seen .why", { hasText: "zone" }).waitFor();
  film(0.25);
  await page.locator('#alarm[data-state="on"]').waitFor();
  expect(await page.locator("#alarm-detail").textContent()).toContain("zone Counter");
});

test("a zone is made, shaped and removed by keyboard alone", async () => {
  await page.goto(`${live.url}/#/zones`);
  await page.getByRole("button", { name: "Add a rectangle" }).focus();
  await page.keyboard.press("Enter");
  await page
    .getByRole("button", { name: "Corner 1 of 4, at 30 % from the left and 30 % from the top" })
    .focus();
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("ArrowUp");
  await page
    .getByRole("button", { name: "Corner 1 of 4, at 25 % from the left and 29 % from the top" })
    .waitFor();
  await page.getByRole("button", { name: "Add a corner after corner 1" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Corner 2 of 5/ }).waitFor();
  await page.keyboard.press("Delete");
  await page.getByRole("button", { name: /^Corner 1 of 4/ }).waitFor();
  await page.getByLabel("What for").selectOption("ignore");
  await page.getByRole("button", { name: "Save" }).press("Enter");
  await page.getByText("Saved", { exact: true }).waitFor();
  expect(onDisk()).toMatch(/kind = "ignore"/);
});

test("a zone whose edges cross is not saved, and the page says why", async () => {
  await page.goto(`${live.url}/#/zones`);
  await page.getByRole("button", { name: "Add a rectangle" }).click();
  await page.getByRole("button", { name: /^Corner 1 of 4/ }).focus();
  for (let i = 0; i < 10; i++) await page.keyboard.press("Shift+ArrowRight");
  await page.getByText("The edges of the zone cross").waitFor();
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
});
