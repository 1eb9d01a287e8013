import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundledNetworks } from "../../src/bundled-networks.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";
import { methodNames } from "../../src/method-files.ts";
import { referenceBackend } from "../../src/nn/backend.ts";
import { listTryModels } from "../../src/server/try-models.ts";
import type { TryModel } from "../../src/server/wire.ts";
import { launchBrowser } from "../helpers/browser.ts";
import { LiveServer } from "../helpers/live-server.ts";
import { writeMethodModels } from "../helpers/method-models.ts";
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

const seenLines = async (page: Page) => (await seen(page)).map((line) => line.replace(/\s+/, " "));

/** Chooses a picture, and waits until it was looked at. */
async function look(page: Page, file: string): Promise<string[]> {
  await page.locator("#seen").evaluate((list) => list.replaceChildren());
  await page.locator("#file").setInputFiles(file);
  await page.locator("#seen li").first().waitFor({ timeout: patience });
  return await seenLines(page);
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
    expect(await seenLines(page)).toEqual(wanted);
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

test("/try keeps up with a camera, and computes many times as fast as plain JavaScript", {
  timeout: 4 * patience,
}, async () => {
  // As many frames a second as the page asks for.
  const browser = await launchBrowser([`${fakeCamera}=fps=60`]);
  try {
    const context = await browser.newContext({ permissions: ["camera"] });
    const page = await context.newPage();
    await page.goto(`${live.url}/try/`);
    await ready(page);
    await page.locator("#camera").click();
    const rounds = [];
    for (let round = 0; round < 3; round++) {
      rounds.push({ wasm: await measured(page, "wasm"), reference: await measured(page, "reference") });
    }
    const ratios = rounds.map(({ wasm, reference }) => reference.networkMs / wasm.networkMs);
    const fps = rounds.map(({ wasm }) => wasm.fps);
    const list = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(", ");
    console.log(
      `/try by the camera: ${list(fps)} frames a second; network ${list(rounds.map(({ wasm }) => wasm.networkMs))} ms, ` +
        `plain JavaScript ${list(rounds.map(({ reference }) => reference.networkMs))} ms, ${list(ratios)} times as long`,
    );
    expect(Math.max(...ratios)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...fps)).toBeGreaterThanOrEqual(30);
  } finally {
    await browser.close();
  }
});

/** What the page shows when these kernels have computed for a second. */
async function measured(page: Page, kernels: string): Promise<{ fps: number; networkMs: number }> {
  await page.locator("#kernels").selectOption(kernels);
  await ready(page);
  const fps = page.locator("#fps output");
  await until("frames are counted", async () => Number(await fps.textContent()) > 0, patience);
  const networkMs = Number.parseFloat((await page.locator('[data-part="networkMs"]').textContent())!);
  return { fps: Number(await fps.textContent()), networkMs };
}

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
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((file) => !file.endsWith(".safetensors") || basename(file) === basename(bundledModel))
      .map((file) => readFileSync(file));
    const sum = (size: (bytes: Buffer) => number) => files.reduce((total, bytes) => total + size(bytes), 0);
    const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
    console.log(
      `/try with one model: ${kilobytes(host.bytesSent)} over the wire; its files with gzip ` +
        `${kilobytes(sum((bytes) => gzipSync(bytes).length))}, with brotli ${kilobytes(sum((bytes) => brotliCompressSync(bytes).length))}`,
    );
  });

  /** The models of `models/` as the folder offers them. */
  async function offer(): Promise<TryModel[]> {
    const models = await listTryModels(join(folder, "models"));
    writeFileSync(join(folder, "models.json"), JSON.stringify(models));
    return models;
  }

  const methodFile = (name: string) => `models/methods/${name}.safetensors`;

  test("offers the networks that ship first, then each method, and runs them on the kernels in WebAssembly", {
    timeout: 3 * patience,
  }, async () => {
    writeMethodModels(join(folder, "models/methods"), methodNames);
    await offer();
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url().slice(address().length)));
    await page.goto(address());
    await ready(page);
    const labels = await page.locator("#model option").allTextContents();
    expect(labels.map((label) => label.replace(/ \(\d+ kB\)$/, ""))).toEqual([
      ...bundledNetworks,
      ...methodNames,
    ]);
    expect(requested.filter((path) => path.startsWith("models/"))).toEqual([
      "models/xnor-yolo-zero.safetensors",
    ]);

    const file = fixture("pictures/parity-16.png");
    const picture = await decodePicture(file);
    await look(page, file);
    const models = ["models/xnor-yolo-plus.safetensors", ...methodNames.map(methodFile)];
    for (const model of models) {
      await page.locator("#model").selectOption(model);
      await ready(page);
      expect(await page.locator("#kernels").inputValue(), model).toBe("wasm");
      const { detections } = PictureDetector.load(join(folder, model), referenceBackend()).detect(picture);
      const wanted = detections.map(({ label, score }) => `${label} ${score.toFixed(2)}`);
      await until(
        `${model} finds what the reference finds`,
        async () => JSON.stringify(await seenLines(page)) === JSON.stringify(wanted),
        patience,
      );
      expect(wanted.length, model).toBeGreaterThan(0);
    }
    const rows = await page.locator("#compared tbody tr").allInnerTexts();
    expect(rows).toHaveLength(1 + models.length);
    for (const row of rows) expect(row).toMatch(/^[a-z\d-]+\s*\d+×\d+\s+\d+\s+\d+\.\d\s+–$/);
    await page.setViewportSize({ width: 320, height: 700 });
    const rightOf = (selector: string) =>
      page.locator(selector).evaluate((element) => element.getBoundingClientRect().right);
    expect(await rightOf("#compared table")).toBeLessThanOrEqual(await rightOf("#compared"));
  });

  test("goes on with the model before, in words, when one cannot be loaded or run, also while it watches", {
    timeout: 2 * patience,
  }, async () => {
    const model = readFileSync(bundledModel);
    writeFileSync(join(folder, "models/broken.safetensors"), model.subarray(0, 5000));
    writeFileSync(join(folder, "models/lost.safetensors"), model);
    await offer();
    rmSync(join(folder, "models/lost.safetensors"));
    await page.goto(address());
    await ready(page);
    const buffer = Buffer.from(await page.evaluate<number[]>(recordVideo));
    await page.locator("#file").setInputFiles({ name: "drawn.webm", mimeType: "video/webm", buffer });
    await page.locator('#view[data-state="full"]').waitFor({ timeout: patience });
    const choice = page.locator("#model");
    await choice.selectOption("models/broken.safetensors");
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    // Long enough for further pictures, which must not wipe it away.
    await page.waitForTimeout(500);
    expect(await message(page).textContent()).toMatch(
      /^broken\.safetensors: .*the file is cut off.*\. The page goes on with xnor-yolo-zero\.$/,
    );
    expect(await choice.inputValue()).toBe("models/xnor-yolo-zero.safetensors");
    await choice.selectOption("models/lost.safetensors");
    await until(
      "the lost model is missed",
      async () => /lost/.test((await message(page).textContent()) ?? ""),
      patience,
    );
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    expect(await message(page).textContent()).toBe(
      "lost.safetensors could not be loaded: the server answers 404. The page goes on with xnor-yolo-zero.",
    );
    await page.locator("#stop").click();
    await ready(page);
    expect(await look(page, fixture("pictures/parity-16.png"))).not.toEqual([]);
  });

  test("keeps a model that was chosen for a time without a network, and says when one was not", {
    timeout: 3 * patience,
  }, async () => {
    writeMethodModels(join(folder, "models/methods"), ["bnn", "ternary"]);
    await offer();
    await page.goto(address());
    await ready(page);
    await page.locator("#offline", { hasText: "works offline" }).waitFor({ timeout: patience });
    await page.locator("#model").selectOption(methodFile("bnn"));
    await ready(page);
    await host.stop();
    await page.reload();
    await ready(page);
    await page.locator("#model").selectOption(methodFile("bnn"));
    await ready(page);
    expect(await page.locator("#network").textContent()).toMatch(/knows person, knife/);
    await page.locator("#model").selectOption(methodFile("ternary"));
    await page.locator('#message[data-state="problem"]').waitFor({ timeout: patience });
    expect(await message(page).textContent()).toMatch(
      /^ternary\.safetensors could not be loaded: .*\. The page goes on with bnn\.$/,
    );
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
