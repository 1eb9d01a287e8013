import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { AlarmSettings } from "../../alarm/settings.ts";
import type { Picture } from "../../camera/frame.ts";
import type { Detection } from "../../detect/detection.ts";
import { quieterThresholds, type Sensitivity } from "../../detect/head.ts";
import type { DetectOptions, PictureDetector } from "../../detect/picture-detector.ts";
import { weakShare } from "../../detect/tracker.ts";
import { CameraNoise } from "../../eval/camera-noise.ts";
import type { LabeledPicture } from "../../eval/data-set.ts";
import { DetectionCache } from "../../eval/detection-cache.ts";
import { EventPlayer, type PlayOutcome } from "../../eval/events.ts";
import { MirrorWatch, mirrored, mirroredBox } from "../../eval/mirror.ts";
import { withProgress } from "../progress.ts";
import { closer, decodeLabeled } from "./detect-pictures.ts";

/** Frames for which a picture without a weapon is shown. */
export const stillFrames = 30;

export interface EventOptions {
  readonly detector: PictureDetector;
  readonly modelPath: string;
  readonly sensitivity: Sensitivity;
  readonly alarm: AlarmSettings;
  readonly fps: number;
  /** Folder in which detections are kept for the next time; undefined: nowhere. */
  readonly cache: string | undefined;
  /** Parts of each frame that are looked at closer, at most. */
  readonly zoom: number;
}

export interface ClipOutcome extends PlayOutcome {
  readonly clip: string;
}

export interface StillOutcome {
  readonly picture: LabeledPicture;
  /** Why the alarm went on; null where it did not. */
  readonly reason: string | null;
}

/** Plays pictures through detector, tracker and alarm. */
export class EventPlays {
  readonly #options: EventOptions;
  readonly #weapons: readonly string[];
  /** For each class, the score from which a detection is sure. */
  readonly #thresholds: ReadonlyMap<string, number>;
  /** For each class, the lowest score that any operating point makes use of. */
  readonly #floors: readonly number[];
  readonly #cache: DetectionCache | null;

  constructor(options: EventOptions) {
    const { detector, sensitivity, modelPath, cache } = options;
    const { classes, weapons, thresholds, operatingPoints } = detector.head;
    this.#options = options;
    this.#weapons = weapons;
    const chosen = detector.thresholdsAt(sensitivity);
    this.#thresholds = new Map(classes.map((label, i) => [label, chosen[i]!]));
    this.#floors = (operatingPoints?.alert ?? thresholds).map((threshold) => threshold * weakShare);
    this.#cache = cache === undefined ? null : new DetectionCache(cache, digest(modelPath));
  }

  /** Each group of pictures as a clip, in the order of the files, those that were mirrored turned back. */
  async clips(groups: ReadonlyMap<string, readonly LabeledPicture[]>): Promise<ClipOutcome[]> {
    const outcomes: ClipOutcome[] = [];
    await withProgress([...groups], "clips", async ([clip, pictures]) => {
      const player = new EventPlayer(this.#options.alarm, this.#options.fps);
      const watch = new MirrorWatch();
      const gaze = closer(this.#options.zoom);
      for (const picture of pictures) {
        const decoded = await decodeLabeled(picture);
        if (decoded === null) continue;
        const isMirrored = watch.isMirrored(decoded);
        const shown = isMirrored ? mirrored(decoded) : decoded;
        const weapons = picture.objects
          .filter(({ label }) => this.#weapons.includes(label))
          .map(({ box }) => (isMirrored ? mirroredBox(box, decoded.width) : box));
        player.play({
          ...this.#see(shown, `${keyOf(picture)} ${isMirrored ? "mirrored" : ""}`, gaze),
          weapons,
        });
      }
      outcomes.push({ clip, ...player.outcome() });
    });
    return outcomes;
  }

  /** Each picture for itself, as a camera would see it that stands still; until the alarm goes on. */
  async stills(pictures: readonly LabeledPicture[]): Promise<StillOutcome[]> {
    const outcomes: StillOutcome[] = [];
    await withProgress(pictures, "pictures without a weapon", async (picture) => {
      const decoded = await decodeLabeled(picture);
      if (decoded === null) return;
      const player = new EventPlayer(this.#options.alarm, this.#options.fps);
      const noise = new CameraNoise(seedOf(picture));
      const gaze = closer(this.#options.zoom);
      for (let frame = 0; frame < stillFrames; frame++) {
        const shown = noise.frame(decoded);
        if (player.play({ ...this.#see(shown, `${keyOf(picture)} frame ${frame}`, gaze), weapons: [] }))
          break;
      }
      outcomes.push({ picture, reason: player.outcome().withoutCause[0]?.reason ?? null });
    });
    return outcomes;
  }

  #see(picture: Picture, key: string, { gaze }: Pick<DetectOptions, "gaze">) {
    const { width, height } = picture;
    const { detector, sensitivity } = this.#options;
    if (gaze !== undefined) {
      const thresholds = detector.thresholdsAt(sensitivity);
      const closerThresholds = quieterThresholds(detector.head, sensitivity);
      const { detections, weak } = detector.detect(picture, {
        thresholds,
        weakShare,
        gaze,
        closerThresholds,
      });
      return { width, height, detections, weak };
    }
    const compute = () => detector.detect(picture, { thresholds: this.#floors }).detections;
    const found = this.#cache?.get(key, compute) ?? compute();
    const isSure = ({ label, score }: Detection) => score >= this.#thresholds.get(label)!;
    const isWeak = ({ label, score }: Detection) => score >= this.#thresholds.get(label)! * weakShare;
    const rest = found.filter((detection) => !isSure(detection));
    return { width, height, detections: found.filter(isSure), weak: rest.filter(isWeak) };
  }
}

/** A picture that was exchanged under the same name is another. */
function keyOf({ path }: LabeledPicture): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

/** The same noise for a picture, whatever others are shown before it. */
function seedOf({ path }: LabeledPicture): number {
  return createHash("sha256").update(path.split("/").at(-1)!).digest().readInt32LE();
}

function digest(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}
