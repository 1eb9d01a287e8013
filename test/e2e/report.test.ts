import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Box } from "../../src/detect/detection.ts";
import { xnorcam } from "../cli/xnorcam.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { labeledFolder } from "../helpers/labeled-folder.ts";
import { fixture } from "../helpers/paths.ts";

type Labels = Record<string, { label: string; box: Box }[]>;

let browser: Browser;
let page: Page;
let path: string;
let complaints: string[];
let requested: string[];

beforeAll(async () => {
  const all = JSON.parse(readFileSync(fixture("demo/labels.json"), "utf8")) as Labels;
  const names = Object.keys(all).filter((_, i) => i % 8 === 0);
  const data = await labeledFolder([
    ...names.map((name) => ({
      path: fixture(`demo/${name}`),
      objects: all[name]!,
      source: "demo",
      group: `<b>"clip" & more</b>`,
    })),
    { path: fixture("pictures/parity-03.png"), objects: [], source: "other" },
  ]);
  const report = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "new", "report");
  const { code, stderr } = await xnorcam(["eval", "--data", data, "--report", report]);
  path = join(report, "index.html");
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`the report is ${path}`);
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  page = await browser.newPage();
  complaints = [];
  requested = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requested.push(request.url()));
  await page.goto(pathToFileURL(path).href);
});

describe("the report", () => {
  test("is one file that asks nobody for anything", async () => {
    await page.locator("details").first().waitFor();
    expect(complaints).toEqual([]);
    expect(requested.filter((url) => !url.startsWith("data:"))).toEqual([pathToFileURL(path).href]);
  });

  test("has a curve for each class that there is, tables, and pictures of mistakes with their boxes", async () => {
    const titles = await page.locator("h2").allTextContents();
    expect(titles).toEqual([
      "Precision and recall",
      "Recall at fixed false positives",
      "By size",
      "By source",
      "What is taken for what",
      "The worst mistakes",
    ]);
    const curves = await page.locator(".curves h3").allTextContents();
    expect(curves).toContain("weapon");
    expect(curves).not.toContain("bus");
    const pictures = page.locator("details[open] figure");
    expect(await pictures.count()).toBeGreaterThan(0);
    const loaded = await page.evaluate<boolean[]>(`Promise.all(
      [...document.querySelectorAll("figure image")].map(async (image) => {
        const copy = new Image();
        copy.src = image.getAttribute("href");
        await copy.decode();
        return copy.naturalWidth > 0;
      }),
    )`);
    expect(loaded.every(Boolean)).toBe(true);
    expect(await page.locator("figure").first().locator("rect.alarm, rect.miss").count()).toBe(1);
  });

  test("shows names as text, whatever is in them", async () => {
    expect(await page.locator("figcaption b").count()).toBe(0);
    expect(await page.locator("figcaption").first().textContent()).toContain('demo, <b>"clip" & more</b>');
  });

  test.each([320, 1280])("fits a window of %i pixels without scrolling sideways", async (width) => {
    await page.setViewportSize({ width, height: 700 });
    const overflow = await page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    expect(overflow).toBe(0);
  });
});
