import axe from "axe-core";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { launchBrowser } from "../helpers/browser.ts";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { until } from "../helpers/until.ts";
import { WatchedPage } from "../helpers/watched-page.ts";

// A browser takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let browser: Browser;
let live: LiveServer;
let watched: WatchedPage | undefined;

beforeAll(async () => {
  browser = await launchBrowser();
  live = await LiveServer.start();
});
afterAll(async () => {
  await browser.close();
  await live.stop();
});
afterEach(async () => {
  await watched?.close();
  watched = undefined;
});

const rifle = detection("rifle", 0.71, [40, 40, 60, 20]);

/** Each page, and what is on it once it is whole. */
const pages = {
  live: "#live figcaption",
  events: "h1",
  zones: "h1",
  settings: "h1",
  health: ".plot canvas",
  account: "#browser-title",
};

/** Serious and critical findings, in a line each. */
async function axeFindings(page: WatchedPage["page"]): Promise<string[]> {
  // As a script of the page it would be refused by the content security policy; a debugger may.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>("axe.run(document)");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

describe.each(["dark", "light"] as const)("in the %s scheme", (colorScheme) => {
  test.each(Object.entries(pages))(
    "%s: accessible, no wider than its window, from the camera alone",
    async (name, landmark) => {
      watched = await WatchedPage.open(browser, live, {
        colorScheme,
        // Colors on their way to others are not what is to be read.
        reducedMotion: "reduce",
        viewport: { width: 320, height: 640 },
      });
      const { page } = watched;
      await page.goto(`${live.url}/#/${name}`);
      live.publish([rifle]);
      await page.locator(landmark).first().waitFor();
      // Whatever it asks the camera for has come.
      await until("nothing is loading", async () => (await page.locator(".loading").count()) === 0);
      for (const width of [320, 390, 768, 1100]) {
        await page.setViewportSize({ width, height: 700 });
        expect(await watched.overflow(), `at ${width} pixels`).toBe(0);
      }
      expect(await axeFindings(page)).toEqual([]);
      expect(watched.complaints).toEqual([]);
      expect(watched.requested.length).toBeGreaterThan(2);
      for (const url of watched.requested) expect(new URL(url).host).toBe(new URL(live.url).host);
    },
  );
});

test("the pages are reached by keyboard, and the new one is told to screen readers", async () => {
  watched = await WatchedPage.open(browser, live);
  const { page } = watched;
  await page.goto(live.url);
  await page.getByRole("link", { name: "Account" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  expect(await page.evaluate("document.activeElement.tagName")).toBe("MAIN");
  expect(await page.locator("nav [aria-current]").textContent()).toBe("Account");
});

describe("the language", () => {
  test("is that of the browser", async () => {
    watched = await WatchedPage.open(browser, live, { locale: "ja-JP" });
    await watched.page.goto(live.url);
    await watched.page.locator('#connection[data-state="live"]').waitFor();
    live.publish([rifle]);
    await watched.page.locator('canvas[aria-label="ライブ映像：ライフル"]').waitFor();
    expect(await watched.page.locator("html").getAttribute("lang")).toBe("ja");
  });

  test("is English for a browser whose language the page doesn't speak", async () => {
    watched = await WatchedPage.open(browser, live, { locale: "fi-FI" });
    await watched.page.goto(live.url);
    await watched.page.getByRole("link", { name: "Events" }).waitFor();
  });

  test("is changed on the account page, and stays", async () => {
    watched = await WatchedPage.open(browser, live);
    const { page } = watched;
    await page.goto(`${live.url}/#/account`);
    await page.getByLabel("Language").selectOption("日本語");
    await page.getByRole("heading", { level: 1, name: "アカウント" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "アカウント" }).waitFor();
  });
});
