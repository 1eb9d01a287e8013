import type { Track, TrackedFrame } from "../detect/track.ts";
import { scheduledMode } from "./schedule.ts";
import {
  type AlarmSettings,
  type ArmMode,
  type CompleteAlarmSettings,
  completeAlarmSettings,
} from "./settings.ts";
import { judge } from "./sighting.ts";
import type { AlarmCause, AlarmPhase, AlarmState, Verdict } from "./state.ts";
import { TrackWindow } from "./track-window.ts";

interface HandRaised {
  readonly byHand: "test" | "panic";
  readonly reason: string;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Causes that an alarm remembers; the newest stay. */
const mostCauses = 20;

/**
 * Decides from tracks alone when the alarm is on, and can say of every object why it raises it or not: k sightings
 * of one object in the last n frames, one of them a sure one, in a zone that is watched, while armed. Pure: it has no clock and no outputs;
 * the same calls give the same states. A frame more or less in the window never shortens an alarm that is on.
 *
 *   off ──arm──► arming ──► watching ──seen──► pending ──► alarm ──hold over, acknowledge──► cooldown ──► watching
 *    ▲             (exit delay)     └──a weapon, or no entry delay──▲                                disarm ──► off
 */
export class AlarmPolicy {
  #settings: CompleteAlarmSettings;
  readonly #windows = new Map<number, TrackWindow>();
  #state: AlarmState;
  #verdicts: readonly Verdict[] = [];
  /** The mode that the schedule asked for last. */
  #scheduled: ArmMode;
  /** The test or panic alarm that is on; it lies over the state and changes nothing in it. */
  #byHand: HandRaised | null = null;

  /** @throws RangeError unless 1 ≤ k ≤ n and no duration is negative. */
  constructor(settings: AlarmSettings) {
    this.#settings = completeAlarmSettings(settings);
    const { mode } = this.#settings;
    this.#scheduled = mode;
    this.#state = stateOf(mode === "off" ? "off" : "watching", mode, 0);
  }

  /**
   * Goes by other settings from now on. What was sighted by the old ones is no evidence any more; an alarm or a delay
   * that runs ends when it would have ended, and what was acknowledged stays so.
   * @throws RangeError as the constructor does
   */
  apply(settings: AlarmSettings): void {
    this.#settings = completeAlarmSettings(settings);
    for (const [id, { acknowledged }] of this.#windows) {
      const window = new TrackWindow(this.#settings.n);
      window.acknowledged = acknowledged;
      this.#windows.set(id, window);
    }
  }

  get state(): AlarmState {
    if (this.#byHand === null || this.#state.active) return this.#state;
    return { ...this.#state, ...this.#byHand, phase: "alarm", active: true, alarms: [] };
  }

  /** Of the objects in the last frame whose class counts, in the order of their ids. */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts;
  }

  /** Takes the tracks of one frame and decides anew. */
  update(frame: TrackedFrame, nowMs: number, time?: Date): AlarmState {
    this.tick(nowMs, time);
    this.#record(frame);
    const confirmed = this.#confirmed(frame.tracks, nowMs);
    if (confirmed.length > 0) this.#raise(confirmed, nowMs);
    return this.state;
  }

  /**
   * Ends what is over by now.
   * @param time local time, for the schedule; without it, the schedule rests
   */
  tick(nowMs: number, time?: Date): AlarmState {
    if (this.#byHand !== null && nowMs >= this.#byHand.untilMs) this.#byHand = null;
    const { phase, untilMs } = this.#state;
    if (untilMs !== null && nowMs >= untilMs) {
      if (phase === "pending") this.#sound(this.#state.alarms, nowMs);
      else if (phase === "alarm") this.#end(nowMs);
      else this.#enter("watching", nowMs);
    }
    if (time !== undefined) this.#followSchedule(nowMs, time);
    return this.state;
  }

  /** Arms or disarms by hand, until the schedule asks for another mode. Disarming ends an alarm. */
  arm(mode: ArmMode, nowMs: number): AlarmState {
    this.#setMode(mode, this.#settings.exitDelayMs, nowMs);
    return this.state;
  }

  /** Somebody has seen the alarm: it ends, and the objects that raised it raise none while they are followed. */
  acknowledge(nowMs: number): AlarmState {
    this.#byHand = null;
    const { phase, alarms } = this.#state;
    if (phase === "alarm" || phase === "pending") {
      for (const { trackId } of alarms) {
        const window = this.#windows.get(trackId);
        if (window !== undefined) window.acknowledged = true;
      }
      this.#end(nowMs);
    }
    return this.state;
  }

  /** Switches the alarm on for a moment, armed or not, to try what it switches. */
  test(nowMs: number): AlarmState {
    // A cry for help is no matter for a test.
    if (this.#byHand?.byHand === "panic") return this.state;
    const untilMs = nowMs + this.#settings.testMs;
    this.#byHand = { byHand: "test", reason: "test alarm", sinceMs: nowMs, untilMs };
    return this.state;
  }

  /** Switches the alarm on, armed or not, for as long as a sighting would. @param reason for the page and the log */
  panic(reason: string, nowMs: number): AlarmState {
    const sinceMs = this.#byHand?.byHand === "panic" ? this.#byHand.sinceMs : nowMs;
    this.#byHand = { byHand: "panic", reason, sinceMs, untilMs: nowMs + this.#settings.holdMs };
    return this.state;
  }

  #record({ tracks, width, height }: TrackedFrame): void {
    const ids = new Set(tracks.map(({ id }) => id));
    for (const id of this.#windows.keys()) if (!ids.has(id)) this.#windows.delete(id);
    const { mode, phase } = this.#state;
    // What was in sight while nobody watched is no evidence against whoever arms the camera.
    const watches = mode !== "off" && phase !== "arming";
    for (const { id, seen, weak } of tracks) {
      let window = this.#windows.get(id);
      if (window === undefined) {
        window = new TrackWindow(this.#settings.n);
        this.#windows.set(id, window);
      }
      if (!watches) continue;
      const judgment = seen === null ? null : judge(seen, weak, { width, height }, this.#settings, mode);
      window.refusal = judgment !== null && "refusal" in judgment ? judgment.refusal : null;
      const counts = judgment !== null && "sighting" in judgment && this.#wants(judgment.sighting.label);
      window.add(counts ? judgment.sighting : null);
    }
  }

  #wants(label: string): boolean {
    const { classes, homeClasses } = this.#settings;
    return (this.#state.mode === "home" ? (homeClasses ?? classes) : classes).includes(label);
  }

  /** The objects that fulfill the condition; writes a verdict on every object that could. */
  #confirmed(tracks: readonly Track[], nowMs: number): { track: Track; cause: AlarmCause }[] {
    const found: { track: Track; cause: AlarmCause }[] = [];
    const verdicts: Verdict[] = [];
    for (const track of tracks) {
      const window = this.#windows.get(track.id)!;
      const { best } = window;
      if (best === null && !this.#wants(track.label)) continue;
      const objection = this.#objection(window, nowMs);
      const label = best?.label ?? track.label;
      const what = window.describe() ?? label;
      const reason = `${what}, ${objection ?? `armed ${this.#state.mode}`}`;
      verdicts.push({ trackId: track.id, label, raises: objection === null, reason });
      if (objection !== null || best === null) continue;
      found.push({ track, cause: { label, zone: best.zone, trackId: track.id, score: best.score, reason } });
    }
    this.#verdicts = verdicts;
    return found;
  }

  /** Why an object raises no alarm, in one phrase; null where it does. */
  #objection(window: TrackWindow, nowMs: number): string | null {
    const { phase, mode, untilMs } = this.#state;
    const left = `${Math.ceil(((untilMs ?? nowMs) - nowMs) / 1000)} s left`;
    if (mode === "off") return "not armed";
    if (phase === "arming") return `exit delay, ${left}`;
    const { k, confirmScores } = this.#settings;
    if (window.hits < k) return window.refusal ?? `${k} needed`;
    if (!window.isConfirmed(confirmScores)) {
      return `${confirmScores[window.best!.label]?.toFixed(2)} needed in one of them`;
    }
    if (window.acknowledged) return "acknowledged";
    if (phase === "cooldown") return `cooldown, ${left}`;
    return null;
  }

  #raise(confirmed: readonly { track: Track; cause: AlarmCause }[], nowMs: number): void {
    const renewed = new Set(confirmed.map(({ track }) => track.id));
    const others = this.#state.alarms.filter(({ trackId }) => !renewed.has(trackId));
    const alarms = [...others, ...confirmed.map(({ cause }) => cause)].slice(-mostCauses);
    const { entryDelayMs } = this.#settings;
    const { phase, mode } = this.#state;
    // Whoever comes home has time to disarm; a weapon has none to lose.
    const waits = entryDelayMs > 0 && confirmed.every(({ track }) => !track.isWeapon);
    if (phase === "alarm" || !waits) {
      this.#sound(alarms, nowMs);
    } else if (phase === "pending") {
      this.#state = { ...this.#state, alarms, reason: alarms.at(-1)!.reason };
    } else {
      const pending = stateOf("pending", mode, nowMs, nowMs + entryDelayMs);
      this.#state = { ...pending, alarms, reason: alarms.at(-1)!.reason };
    }
  }

  #sound(alarms: readonly AlarmCause[], nowMs: number): void {
    const { phase, mode, sinceMs } = this.#state;
    const state = stateOf("alarm", mode, phase === "alarm" ? sinceMs : nowMs, nowMs + this.#settings.holdMs);
    this.#state = { ...state, alarms, reason: alarms.at(-1)!.reason };
  }

  #end(nowMs: number): void {
    const { cooldownMs } = this.#settings;
    if (cooldownMs === 0) this.#enter("watching", nowMs);
    else this.#enter("cooldown", nowMs, nowMs + cooldownMs);
  }

  #enter(phase: AlarmPhase, nowMs: number, untilMs: number | null = null): void {
    this.#state = stateOf(phase, this.#state.mode, nowMs, untilMs);
  }

  #followSchedule(nowMs: number, time: Date): void {
    // An alarm that is on, or about to be, ends by its own rules.
    if (this.#state.phase === "alarm" || this.#state.phase === "pending") return;
    const wanted = scheduledMode(this.#settings.schedule, time) ?? this.#settings.mode;
    if (wanted === this.#scheduled) return;
    this.#scheduled = wanted;
    this.#setMode(wanted, 0, nowMs);
  }

  #setMode(mode: ArmMode, delayMs: number, nowMs: number): void {
    const before = this.#state;
    if (mode === before.mode) return;
    this.#state = { ...before, mode };
    if (mode === "off") {
      this.#byHand = null;
      this.#windows.clear();
      this.#enter("off", nowMs);
    } else if (before.mode === "off") {
      if (delayMs > 0) this.#enter("arming", nowMs, nowMs + delayMs);
      else this.#enter("watching", nowMs);
    }
  }
}

function stateOf(
  phase: AlarmPhase,
  mode: ArmMode,
  sinceMs: number,
  untilMs: number | null = null,
): AlarmState {
  return { phase, mode, active: phase === "alarm", byHand: null, sinceMs, untilMs, alarms: [], reason: null };
}
