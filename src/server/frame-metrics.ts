import type { TrackedFrame } from "../detect/track.ts";
import { DurationHistogram } from "./duration-histogram.ts";

/**
 * Where the time of a frame goes, in order: "wait" is from the capture until the detector begins, with the way to its
 * thread and back; "jpeg" is only for frames that somebody watches.
 */
export const stageNames = ["wait", "letterbox", "network", "decode", "track", "decide", "jpeg"] as const;
export type StageName = (typeof stageNames)[number];

/**
 * Counts what goes by, for whoever asks for it later. A frame costs a few additions: no text is made and nothing is
 * allocated, whether anybody ever asks or not.
 */
export class FrameMetrics {
  /** From the capture to the detections. */
  readonly latency = new DurationHistogram();
  /** From the capture of the frame that raised an alarm until every output was switched. */
  readonly reaction = new DurationHistogram();
  readonly stages: Readonly<Record<StageName, DurationHistogram>> = {
    wait: new DurationHistogram(),
    letterbox: new DurationHistogram(),
    network: new DurationHistogram(),
    decode: new DurationHistogram(),
    track: new DurationHistogram(),
    decide: new DurationHistogram(),
    jpeg: new DurationHistogram(),
  };
  /** How often each class was seen in a frame. */
  readonly detections = new Map<string, number>();
  /** How often the alarm went on, by what raised it: a class, or "hand" for the panic button and tests. */
  readonly alarms = new Map<string, number>();
  #wasActive = false;

  /**
   * A frame has got its decision.
   * @param trackMs milliseconds that the tracker took
   * @param decideMs that the alarm took, outputs included
   */
  addFrame({ latencyMs, timings, detections }: TrackedFrame, trackMs: number, decideMs: number): void {
    const { letterboxMs, networkMs, decodeMs } = timings;
    const { stages } = this;
    this.latency.add(latencyMs);
    stages.wait.add(Math.max(0, latencyMs - letterboxMs - networkMs - decodeMs));
    stages.letterbox.add(letterboxMs);
    stages.network.add(networkMs);
    stages.decode.add(decodeMs);
    stages.track.add(trackMs);
    stages.decide.add(decideMs);
    for (const { label } of detections) increase(this.detections, label);
  }

  /** A frame was encoded for viewers. */
  addJpeg(ms: number): void {
    this.stages.jpeg.add(ms);
  }

  /** The alarm went on or off, or its phase or mode changed. */
  addAlarm(report: {
    active: boolean;
    alarms: readonly { label: string }[];
    reactionMs: number | null;
  }): void {
    const { active, alarms, reactionMs } = report;
    if (active && !this.#wasActive) {
      increase(this.alarms, alarms.at(-1)?.label ?? "hand");
      if (reactionMs !== null) this.reaction.add(reactionMs);
    }
    this.#wasActive = active;
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
