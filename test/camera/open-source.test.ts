import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CameraSettings, openSource } from "../../src/camera/open-source.ts";
import { loadConfig } from "../../src/config/load.ts";
import { StandinCamera } from "../helpers/standin-camera.ts";

const demo = "replay of a bundled training clip";
const path = process.env.PATH;
let camera: StandinCamera;
let warnings: string[];

beforeEach(() => {
  camera = new StandinCamera();
  warnings = [];
  process.env.PATH = camera.folder;
});
afterEach(() => {
  process.env.PATH = path;
  camera.remove();
});

async function open(change: Partial<CameraSettings>) {
  const listener = { warn: (line: string) => warnings.push(line), onFailure: () => {}, onEnd: () => {} };
  const settings = { ...loadConfig({ env: {} }).camera, ...change };
  return await openSource(settings, new AbortController().signal, listener);
}

async function sourceFor(change: Partial<CameraSettings>): Promise<string> {
  return (await open(change)).source.description;
}

describe("camera.source", () => {
  test("auto takes the camera that is there", async () => {
    expect(await sourceFor({})).toBe("Raspberry Pi camera (rpicam-vid, 640 × 480, 5 fps)");
    expect(warnings).toEqual([]);
  });

  test("auto knows the program's older name", async () => {
    camera.remove();
    camera = new StandinCamera("libcamera-vid");
    process.env.PATH = camera.folder;
    expect(await sourceFor({})).toBe("Raspberry Pi camera (libcamera-vid, 640 × 480, 5 fps)");
  });

  test("auto plays the demo where the program finds no camera, and says why", async () => {
    camera.break("no-cameras");
    expect(await sourceFor({})).toBe(demo);
    expect(warnings).toEqual([
      expect.stringMatching(/^no camera found: .*; the bundled demo plays in its place$/),
    ]);
  });

  test("only the bundled demo is called one, so that it switches no pins", async () => {
    expect((await open({})).isDemo).toBe(false);
    expect((await open({ replay: "/a/folder" })).isDemo).toBe(false);
    camera.break("no-cameras");
    expect((await open({})).isDemo).toBe(true);
  });

  test("auto plays the demo without a word where there is no such program", async () => {
    process.env.PATH = "/nowhere";
    expect(await sourceFor({})).toBe(demo);
    expect(warnings).toEqual([]);
  });

  test("rpicam never plays the demo", async () => {
    camera.break("no-cameras");
    expect(await sourceFor({ source: "rpicam" })).toContain("Raspberry Pi camera");
    process.env.PATH = "/nowhere";
    await expect(sourceFor({ source: "rpicam" })).rejects.toMatchObject({ code: "XC_CAMERA_NOT_INSTALLED" });
  });

  test("replay plays the demo, and camera.replay goes before everything", async () => {
    expect(await sourceFor({ source: "replay" })).toBe(demo);
    expect(await sourceFor({ source: "rpicam", replay: "/a/folder" })).toBe("replay of /a/folder (5 fps)");
  });
});
