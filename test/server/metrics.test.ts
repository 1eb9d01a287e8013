import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DurationHistogram } from "../../src/server/duration-histogram.ts";
import { detection } from "../helpers/frame-detections.ts";
import { LiveServer, TestViewer } from "../helpers/live-server.ts";
import { until } from "../helpers/until.ts";

let live: LiveServer;

beforeEach(async () => {
  live = await LiveServer.start();
});
afterEach(() => live.stop());

async function scrape(): Promise<string> {
  const response = await live.fetch("/metrics");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return await response.text();
}

interface Family {
  help: string;
  type: string;
  /** By name and labels, as they are written: `xnorcam_viewers{kind="mjpeg"}`. */
  samples: Map<string, number>;
}

const sampleLine =
  /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (NaN|[+-]Inf|[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)$/;

/** Reads the text format 0.0.4 and refuses what is none: each family once, with help and type before its samples. */
function parse(text: string): Map<string, Family> {
  expect(text.endsWith("\n")).toBe(true);
  const families = new Map<string, Family>();
  let current: [name: string, family: Family] | undefined;
  for (const line of text.split("\n").filter(Boolean)) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      expect(families.has(name), `${name} comes once`).toBe(false);
      current = [name, { help: rest, type: "", samples: new Map() }];
      families.set(...current);
    } else if (keyword === "TYPE") {
      expect(name).toBe(current?.[0]);
      current![1].type = rest;
    } else {
      const [, sample = "", labels = "", value = ""] =
        sampleLine.exec(line) ?? expect.fail(`no sample: ${line}`);
      expect(sample.replace(/_(bucket|sum|count)$/, "")).toBe(
        current?.[0].replace(/_(bucket|sum|count)$/, ""),
      );
      expect(current![1].samples.has(sample + labels), `${line} comes once`).toBe(false);
      current![1].samples.set(sample + labels, Number(value));
    }
  }
  return families;
}

async function value(name: string, labels = ""): Promise<number | undefined> {
  return parse(await scrape())
    .get(name.replace(/_(bucket|sum|count)$/, ""))
    ?.samples.get(name + labels);
}

test("everything has a help and a type, and what can't be known is left out", async () => {
  const families = parse(await scrape());
  for (const [name, { help, type, samples }] of families) {
    expect(help, name).toMatch(/^[A-Z1].*\.$/);
    expect(["counter", "gauge", "histogram"]).toContain(type);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    for (const [sample, number] of samples) expect(number, sample).not.toBeNaN();
  }
  expect(families.get("xnorcam_info")?.samples.size).toBe(1);
  expect(families.get("process_resident_memory_bytes")?.samples.values().next().value).toBeGreaterThan(1e7);
  expect(families.has("xnorcam_temperature_celsius")).toBe(false);
});

test("frames are counted with where their time went, and what was seen in them", async () => {
  live.publish([detection("rifle", 0.9), detection("person", 0.8)]);
  live.publish([detection("person", 0.8)]);
  const families = parse(await scrape());
  expect(families.get("xnorcam_detector_frames_total")?.samples.get("xnorcam_detector_frames_total")).toBe(2);
  const seen = families.get("xnorcam_detections_total")!.samples;
  expect(Object.fromEntries(seen)).toEqual({
    'xnorcam_detections_total{class="rifle"}': 1,
    'xnorcam_detections_total{class="person"}': 2,
  });
  const stages = families.get("xnorcam_stage_seconds")!.samples;
  expect(stages.get('xnorcam_stage_seconds_sum{stage="network"}')).toBeCloseTo(0.18);
  expect(stages.get('xnorcam_stage_seconds_sum{stage="wait"}')).toBeCloseTo(0.008);
  expect(stages.get('xnorcam_stage_seconds_bucket{stage="letterbox",le="0.003"}')).toBe(0);
  expect(stages.get('xnorcam_stage_seconds_bucket{stage="letterbox",le="0.01"}')).toBe(2);
  expect(stages.get('xnorcam_stage_seconds_bucket{stage="letterbox",le="+Inf"}')).toBe(2);
  expect(stages.get('xnorcam_stage_seconds_count{stage="jpeg"}')).toBe(0);
  expect(await value("xnorcam_latency_seconds_sum")).toBeCloseTo(0.2);
});

test("an alarm is counted once, however long it is on, by what raised it", async () => {
  for (let frame = 0; frame < 6; frame++) live.publish([detection("rifle", 0.9)]);
  expect(await value("xnorcam_alarm_active")).toBe(1);
  expect(await value("xnorcam_alarms_total", '{cause="rifle"}')).toBe(1);
  expect(await value("xnorcam_alarm_reaction_seconds_count")).toBe(1);
  live.alarm.acknowledge();
  live.alarm.test();
  expect(await value("xnorcam_alarms_total", '{cause="rifle"}')).toBe(1);
  expect(await value("xnorcam_alarms_total", '{cause="hand"}')).toBe(1);
  live.alarm.disarm();
  expect(await value("xnorcam_alarm_active")).toBe(0);
  expect(await value("xnorcam_alarm_armed", '{mode="off"}')).toBe(1);
  expect(await value("xnorcam_alarm_armed", '{mode="away"}')).toBe(0);
});

test("viewers are counted, and what it takes to encode a picture for them", async () => {
  const viewer = await TestViewer.connect(live);
  live.publish();
  await until("the picture came", () => viewer.jpegs.length === 1);
  expect(await value("xnorcam_viewers", '{kind="websocket"}')).toBe(1);
  expect(await value("xnorcam_encodes_total", '{picture="clean"}')).toBe(1);
  expect(await value("xnorcam_stage_seconds_count", '{stage="jpeg"}')).toBe(1);
  viewer.close();
});

test("strangers get none", async () => {
  const response = await fetch(`${live.url}/metrics`);
  expect(response.status).toBe(401);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
});

test.skipIf(spawnSync("promtool", ["--version"]).error !== undefined)(
  "Prometheus's own checker finds nothing to say about it",
  async () => {
    live.publish([detection("rifle", 0.9)]);
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: await scrape() });
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
  },
);

test("a duration is counted in every bucket from its own on, and one that is longer than any in the last", () => {
  const histogram = new DurationHistogram();
  for (const ms of [0, 0.1, 0.11, 100, 1e6]) histogram.add(ms);
  const buckets = histogram.buckets();
  expect(buckets[0]).toEqual({ upToSeconds: 0.0001, count: 2 });
  expect(buckets[1]).toEqual({ upToSeconds: 0.0003, count: 3 });
  expect(buckets.find(({ upToSeconds }) => upToSeconds === 0.1)?.count).toBe(4);
  expect(buckets.at(-1)).toEqual({ upToSeconds: Number.POSITIVE_INFINITY, count: 5 });
  expect(histogram.sumSeconds).toBeCloseTo(1000.10021);
});
