import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { bundledModel, fixture } from "../helpers/paths.ts";
import { StaticHost } from "../helpers/static-host.ts";
import { until } from "../helpers/until.ts";

const built = fileURLToPath(new URL("../../dist/try/", import.meta.url));
const fakeCamera = "--use-fake-device-for-media-stream";
const megabyte = 1_000_000;

/** Starting a browser, and the first picture of one, take their time on a busy machine. */
const patience = 60_000;

/** The browser records what it draws: a video that it surely plays. */
const recordVideo = `(async () => {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(10));
  const chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  for (let i = 0; i < 10; i++) {
    context.fillRect(i * 10, 0, 10, 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  recorder.stop();
  await stopped;
  return [...new Uint8Array(await new Blob(chunks).arrayBuffer())];
})()`;

let live: LiveServer;

beforeAll(async () => {
  live = await LiveServer.start();
});
afterAll(() => live.stop());

/** What the page says at its top. */
const message = (page: Page) => page.locator("#message");
const seen = (page: Page) => page.locator("#seen li").allInnerTexts();

async function ready(page: Page): Promise<void> {
  await page.locator("#choose:enabled").waitFor({ timeout: patience });
}

/** Chooses a picture, and waits until it was looked at. */
async function look(page: Page, file: string): Promise<string[]> {
  await page.locator("#seen").evaluate((list) => list.replaceChildren());
  await page.locator("#file").setInputFiles(file);
  await page.locator("#seen li").first().waitFor({ timeout: patience });
  return (await seen(page)).map((line) => line.replace(/\s+/, " "));
}

describe("/try in Chromium with a camera", () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await launchBrowser([fakeCamera]);
  }, patience);
  afterAll(() => browser.close());
  beforeEach(async () => {
    context = await browser.newContext({ permissions: ["camera"] });
    page = await context.newPage();
    complaints = [];
    page.on("console", (line) => complaints.push(line.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  afterEach(() => context.close());

  test("finds in a picture what the camera itself finds in it", { timeout: 2 * patience }, async () => {
    await page.goto(`${live.url}/try`);
    expect(page.url()).toBe(`${live.url}/try/`);
    await ready(page);
    expect(await page.locator("#kernels").inputValue()).toBe("wasm");
    const file = fixture("pictures/parity-16.png");
    const { detections } = PictureDetector.load(bundledModel).detect(await decodePicture(file));
    expect(detections.length).toBeGreaterThan(0);
    const wanted = detections.map(({ label, score }) => `${label} ${score.toFixed(2)}`);
    expect(await look(page, file)).toEqual(wanted);
    expect(await page.locator("#picture").getAttribute("aria-label")).toContain(detections[0]!.label);
    await page.locator("#kernels").selectOption("reference");
    await ready(page);
    await page.locator("#seen li").first().waitFor();
    expect((await seen(page)).map((line) => line.replace(/\s+/, " "))).toEqual(wanted);
    expect(complaints).toEqual([]);
  });

  test("watches by the camera, says how fast and where the time goes, and gives it back", {
    timeout: 2 * patience,
  }, async () => {
    await page.goto(`${live.url}/try/`);
    await ready(page);
    await page.locator("#camera").click();
    const fps = page.locator("#fps output");
    await until("frames are counted", async () => Number(await fps.textContent()) > 0, patience);
    for (const part of ["pictureMs", "letterboxMs", "networkMs", "decodeMs"]) {
      expect(await page.locator(`[data-part="${part}"]`).textContent()).toMatch(/^\d+\.\d ms$/);
    }
    expect(await message(page).textContent()).toBe("");
    await page.locator("#stop").click();
    expect(await page.locator("#view").getAttribute("data-state")).toBe("empty");
    expect(await page.locator("#stop").isHidden()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("plays a video", { timeout: 2 * patience }, async () => {
    await page.goto(`${live.url}/try/`);
    await ready(page);
    const buffer = Buffer.from(await page.evaluate<number[]>(recordVideo));
    await page.locator("#file").setInputFiles({ name: "drawn.webm", mimeType: "video/webm", buffer });
    await page.locator('#view[data-state="full"]').waitFor({ timeout: patience });
    await page.locator("#stop").click();
    expect(complaints).toEqual([]);
  });

  test("says when a file is neither picture nor video", { timeout: patience }, async () => {
    await page.goto(`${live.url}/try/`);
    await ready(page);
    const buffer = Buffer.from("no picture");
    await page.locator("#file").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer });
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    expect(await message(page).textContent()).toMatch(/^This browser cannot show notes\.png: /);
  });

  test("says when the camera is refused, and still looks at pictures", {
    timeout: 2 * patience,
  }, async () => {
    await context.clearPermissions();
    await page.goto(`${live.url}/try/`);
    await ready(page);
    await page.locator("#camera").click();
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    expect(await message(page).textContent()).toMatch(/^The camera was refused\. To allow it, /);
    expect(await look(page, fixture("pictures/parity-16.png"))).not.toEqual([]);
  });

  test("fits a small phone and a desk", { timeout: patience }, async () => {
    await page.goto(`${live.url}/try/`);
    await ready(page);
    for (const width of [320, 1100]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    }
  });
});

describe("/try on any web host, below some folder", () => {
  let folder: string;
  let host: StaticHost;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser(["--host-resolver-rules=MAP camera.test 127.0.0.1"]);
  }, patience);
  afterAll(() => browser.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
    cpSync(built, folder, { recursive: true });
    host = await StaticHost.start(folder, "/some/folder/");
    page = await browser.newPage();
  });
  afterEach(async () => {
    await page.close();
    await host.stop();
    rmSync(folder, { recursive: true });
  });

  const address = () => `http://localhost:${host.port}/some/folder/`;

  test("takes less than a megabyte with one model, then works without a network", {
    timeout: 3 * patience,
  }, async () => {
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(address());
    await ready(page);
    await page.locator("#offline", { hasText: "works offline" }).waitFor({ timeout: patience });
    for (const url of requested) expect(url.startsWith(address()), url).toBe(true);

    await host.stop();
    expect(host.bytesSent).toBeGreaterThan(400_000);
    expect(host.bytesSent).toBeLessThanOrEqual(megabyte);
    await page.reload();
    await ready(page);
    expect(await look(page, fixture("pictures/parity-16.png"))).not.toEqual([]);
    const files = readdirSync(built, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    const sum = (size: (bytes: Buffer) => number) => files.reduce((total, bytes) => total + size(bytes), 0);
    const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
    console.log(
      `/try with one model: ${kilobytes(host.bytesSent)} over the wire; its files with gzip ` +
        `${kilobytes(sum((bytes) => gzipSync(bytes).length))}, with brotli ${kilobytes(sum((bytes) => brotliCompressSync(bytes).length))}`,
    );
  });

  test("switches between the models of models.json, and says what is wrong with one", {
    timeout: 2 * patience,
  }, async () => {
    const model = readFileSync(bundledModel);
    writeFileSync(join(folder, "models/second.safetensors"), model);
    writeFileSync(join(folder, "models/broken.safetensors"), model.subarray(0, 5000));
    const entry = (name: string, file: string) => ({ name, file: `models/${file}`, bytes: model.length });
    const first = entry("xnor-yolo-zero", "xnor-yolo-zero.safetensors");
    const others = [entry("second", "second.safetensors"), entry("broken", "broken.safetensors")];
    const lost = entry("lost", "lost.safetensors");
    writeFileSync(join(folder, "models.json"), JSON.stringify([first, ...others, lost]));
    await page.goto(address());
    await ready(page);
    const choice = page.locator("#model");
    expect(await choice.locator("option").allTextContents()).toEqual([
      "xnor-yolo-zero",
      "second",
      "broken",
      "lost",
    ]);
    await choice.selectOption("second");
    await ready(page);
    await choice.selectOption("broken");
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    expect(await message(page).textContent()).toMatch(/^broken\.safetensors: .*the file is cut off/);
    await choice.selectOption("lost");
    await until(
      "the lost model is missed",
      async () => /lost/.test((await message(page).textContent()) ?? ""),
      patience,
    );
    expect(await message(page).textContent()).toBe(
      "lost.safetensors could not be loaded: the server answers 404",
    );
    await choice.selectOption("second");
    await ready(page);
    expect(await look(page, fixture("pictures/parity-16.png"))).not.toEqual([]);
  });

  test("says that there is no camera", { timeout: patience }, async () => {
    await page.goto(address());
    await ready(page);
    await page.locator("#camera").click();
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    expect(await message(page).textContent()).toMatch(/^There is no camera on this device\./);
  });

  test("says that a camera needs https where the page came by http", { timeout: patience }, async () => {
    await page.goto(`http://camera.test:${host.port}/some/folder/`);
    await ready(page);
    await page.locator("#camera").click();
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    expect(await message(page).textContent()).toMatch(/only for pages that came by https or from localhost/);
  });
});

describe("/try in a browser that lacks something", () => {
  test("without vectors in WebAssembly works, and says how much slower", {
    timeout: 3 * patience,
  }, async () => {
    // V8 has none on a CPU without SSE 4.1.
    const browser = await launchBrowser(["--js-flags=--no-enable-sse4-1"]);
    try {
      const page = await browser.newPage();
      await page.goto(`${live.url}/try/`);
      await expectSlow(page, "wasm-plain", /has no vectors \(SIMD\)/);
    } finally {
      await browser.close();
    }
  });

  describe("WebAssembly", () => {
    let folder: string;
    let host: StaticHost;
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchBrowser();
    }, patience);
    afterAll(() => browser.close());
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "xnorcam-"));
      cpSync(built, folder, { recursive: true });
      host = await StaticHost.start(folder, "/");
    });
    afterEach(async () => {
      await host.stop();
      rmSync(folder, { recursive: true });
    });

    /** Puts a line before everything that runs in the worker. */
    function beginWorkerWith(line: string): void {
      const name = readdirSync(join(folder, "assets")).find((file) => file.startsWith("worker"))!;
      const file = join(folder, "assets", name);
      writeFileSync(file, `${line}\n${readFileSync(file, "utf8")}`);
    }

    test.each([
      [
        "that is not there",
        "delete globalThis.WebAssembly;",
        /has no WebAssembly.*plain JavaScript computes/,
      ],
      [
        "that a policy forbids",
        "WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('blocked by policy'));",
        /cannot run the kernels in WebAssembly: plain JavaScript computes/,
      ],
    ])(
      "%s: plain JavaScript computes, and the page says so",
      { timeout: 2 * patience },
      async (_, line, words) => {
        beginWorkerWith(line);
        const page = await browser.newPage();
        await page.goto(`http://localhost:${host.port}/`);
        await expectSlow(page, "reference", words);
        await page.close();
      },
    );
  });

  async function expectSlow(page: Page, kernels: string, words: RegExp): Promise<void> {
    await ready(page);
    expect(await page.locator("#kernels").inputValue()).toBe(kernels);
    expect(await message(page).getAttribute("data-state")).toBe("warning");
    expect(await message(page).textContent()).toMatch(words);
    expect(await look(page, fixture("pictures/parity-16.png"))).not.toEqual([]);
    expect(await message(page).textContent()).toMatch(words);
  }
});
