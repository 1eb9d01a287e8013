import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { accessFolder } from "../../src/auth/access-control.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { admin } from "../helpers/sign-in.ts";
import { WatchedPage } from "../helpers/watched-page.ts";

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let browser: Browser;
let live: LiveServer;
let watched: WatchedPage;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  await watched.close();
  await live.stop();
});

test("the first start asks for the setup code, and lets nobody in with another", async () => {
  live = await LiveServer.start({ isNew: true });
  watched = await WatchedPage.open(browser, null);
  const { page } = watched;
  await page.goto(live.url);
  await page.getByRole("heading", { name: "Set up the camera" }).waitFor();
  await page.getByLabel("Setup code").fill("0000-0000");
  await page.getByLabel("Your name").fill(admin.name);
  await page.getByLabel("New password").fill(admin.password);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByText("this is not the setup code").waitFor();

  const code = await readFile(join(accessFolder(live.dataDir), "setup-code"), "utf8");
  await page.getByLabel("Setup code").fill(code);
  await page.getByRole("button", { name: "Begin" }).click();
  await page.locator('#connection[data-state="live"]').waitFor();
  expect(watched.complaints).toEqual([]);
});

test("who has an account signs in with it, stays so after a reload, and signs out", async () => {
  live = await LiveServer.start();
  watched = await WatchedPage.open(browser, null);
  const { page } = watched;
  await page.goto(live.url);
  await page.getByLabel("Name").fill(admin.name);
  await page.getByLabel("Password").fill("something else");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("the name or the password is wrong").waitFor();
  await page.getByLabel("Password").fill(admin.password);
  await page.keyboard.press("Enter");
  await page.locator('#connection[data-state="live"]').waitFor();

  await page.reload();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByText("administrator").first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  expect(watched.complaints).toEqual([]);
});

test("a page whose session ended asks to sign in again", async () => {
  live = await LiveServer.start();
  watched = await WatchedPage.open(browser, live);
  const { page } = watched;
  await page.goto(live.url);
  await page.locator('#connection[data-state="live"]').waitFor();
  await live.fetch("/api/v1/logout", { method: "POST" });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("where the settings let anybody watch, a stranger sees the live picture, and signs in to do more", async () => {
  live = await LiveServer.start({ needsLogin: false });
  watched = await WatchedPage.open(browser, null);
  const { page } = watched;
  await page.goto(live.url);
  await page.locator('#connection[data-state="live"]').waitFor();
  expect(await page.locator("nav.pages a").allTextContents()).toEqual([
    "Live",
    "Events",
    "Health",
    "Account",
  ]);
  expect(await page.getByRole("button", { name: "Test the siren" }).count()).toBe(0);
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByLabel("Name").fill(admin.name);
  await page.getByLabel("Password").fill(admin.password);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Zones" }).waitFor();
});
