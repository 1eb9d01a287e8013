/**
 * What the server and the dashboard say to each other below `/api/v1`: the server builds its messages as these
 * types, the page in `web/` reads them as these. Types only, and nothing of Node, which a page doesn't have.
 */
import type { ArmMode } from "../alarm/settings.ts";
import type { AlarmPhase } from "../alarm/state.ts";
import type { EventDetails, EventSummary } from "../events/event.ts";
import type { CheckStatus } from "../health/check.ts";

export type { EventPage, EventSummary, PathPoint } from "../events/event.ts";

/** What `WS /live` sends as text; after each "detections" comes its frame as a JPEG. */
export type LiveMessage = DetectionsMessage | AlarmMessage | StatusMessage | EventMessage;

export interface DetectionsMessage {
  type: "detections";
  frameId: number;
  /** Pixels of the frame, in which the boxes are given. */
  width: number;
  height: number;
  latencyMs: number;
  detections: Seen[];
}

export interface Seen {
  label: string;
  score: number;
  box: [x: number, y: number, width: number, height: number];
  /** Id of the object that it belongs to, which stays the same over frames. */
  track: number | null;
  /** What the alarm makes of the object; null where its class does not matter to it. */
  why: string | null;
}

/** Durations instead of times, since viewers' clocks differ from the camera's. */
export interface AlarmNews {
  phase: AlarmPhase;
  mode: ArmMode;
  active: boolean;
  /** While it is on, the frame that switched it on. */
  frameId: number | null;
  reason: string | null;
  activeForMs: number | null;
  offInMs: number | null;
  reactionMs: number | null;
}

export interface AlarmMessage extends AlarmNews {
  type: "alarm";
}

/** `GET /status`, and once a second. */
export interface StatusMessage {
  type: "status";
  version: string;
  uptimeSeconds: number;
  model: {
    name: string;
    classes: readonly string[];
    weapons: readonly string[];
    inputWidth: number;
    inputHeight: number;
    kernels: string;
  };
  camera: { description: string; delivered: number; broken: number };
  detector: {
    processed: number;
    dropped: number;
    fps: number;
    latencyMs: { p50: number; p99: number } | null;
    error: string | null;
  };
  eventLoopDelayMs: { p50: number; p99: number } | null;
  alarm: AlarmNews;
  outputs: { kind: "gpio" | "simulated"; description: string; on: boolean; error: string | null }[];
  live: { viewers: { webSocket: number; mjpeg: number } };
  load: { step: number; hot: boolean; temperatureC: number | null };
  health: { status: CheckStatus; checks: HealthCheck[] };
  rssBytes: number;
}

export interface HealthCheck {
  name: string;
  status: CheckStatus;
  message: string;
  fix?: string;
  measured?: Readonly<Record<string, number>>;
}

/** An event began, changed or ended. */
export interface EventMessage {
  type: "event";
  event: EventSummary;
}

/** `GET /events/ID` */
export interface EventAnswer extends EventDetails {
  /** Whether the clip is given as MP4, too, which takes ffmpeg on the camera. */
  mp4: boolean;
}

/** One of `GET /events/ID/frames.json`. */
export interface EventFrame {
  at: string;
  sinceBeganMs: number;
}

export type Role = "viewer" | "admin";

/** `GET /session` */
export interface SessionState {
  /** Whether nobody has an account yet. */
  setupNeeded: boolean;
  user: UserEntry | null;
  /** What whoever asks may do; a stranger may look on where the settings say so. */
  scopes: readonly ("view" | "alarm" | "settings" | "admin")[];
}

export interface UserEntry {
  name: string;
  role: Role;
}

/** One of `GET /tokens`. */
export interface TokenEntry {
  id: string;
  name: string;
  scopes: string[];
}

/** `GET /audit`, the newest first. */
export interface AuditPage {
  entries: {
    time: string;
    who: string | null;
    address: string | null;
    action: string;
    detail: string | null;
  }[];
  /** For `before`; null where there are no older ones. */
  next: string | number | null;
}

/** `GET /settings` */
export interface SettingsState {
  schema: SettingSchema;
  /** Secrets are "set" or null. */
  values: Record<string, unknown>;
  /** Settings that were changed and hold from the next start on. */
  restart: string[];
  /** Settings of which the command line or the environment says something else. */
  overridden: string[];
}

/** `PATCH /settings` */
export interface SettingsChange {
  applied: string[];
  restart: string[];
}

/** The part of JSON Schema that the settings are written in. */
export interface SettingSchema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  anyOf?: SettingSchema[];
  properties?: Record<string, SettingSchema>;
  patternProperties?: Record<string, SettingSchema>;
  items?: SettingSchema | SettingSchema[];
  required?: string[];
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  examples?: unknown[];
  writeOnly?: boolean;
}

/** The body of every answer that is an error, as RFC 9457 has it. */
export interface ProblemBody {
  status: number;
  detail: string;
  /** All that is wrong with a change of the settings. */
  errors?: { path: string; message: string }[];
}

/** A row of /try/models.json, the list of the models that the page `/try/` offers. */
export interface TryModel {
  readonly name: string;
  /** Its address, from the page's: `models/NAME.safetensors` or `models/methods/METHOD.safetensors`. */
  readonly file: string;
  readonly bytes: number;
}
