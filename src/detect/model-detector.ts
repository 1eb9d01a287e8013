import type { Picture } from "../camera/frame.ts";
import { crop } from "../image/crop.ts";
import { Letterbox, type LetterboxGeometry } from "../image/letterbox.ts";
import { createResampler } from "../image/resample.ts";
import { type Graph, readGraph } from "../nn/graph.ts";
import type { Backend } from "../nn/kernel-backend.ts";
import { invalid, type ModelFile } from "../nn/model-file.ts";
import type { Engine } from "../nn/network.ts";
import { type Candidate, decode } from "./decode.ts";
import type { Box, Detection, DetectionTimings } from "./detection.ts";
import { type Gaze, hintScore, joined, seenIn } from "./gaze.ts";
import { type DetectionHead, readDetectionHead, type Sensitivity, thresholdsAt } from "./head.ts";
import { nativeResamplers } from "./native-resampler.ts";
import { suppress } from "./nms.ts";
import { type WindowEngine, WindowEngines } from "./window-engines.ts";

/** Finds the objects of one picture after another, on the calling thread; knows no disk, and so runs in a browser, too. */
export class ModelDetector {
  readonly file: ModelFile;
  readonly graph: Graph;
  readonly head: DetectionHead;
  /** What computes. */
  readonly backend: Backend;
  readonly engines: WindowEngines;
  readonly #letterbox: Letterbox;
  /** One keeps what it needs for a size of pictures; these are smaller. */
  readonly #closerLetterbox: Letterbox;
  /** The last view, whose memory is for the next one. */
  #part: Picture | undefined;

  /** @throws XnorcamError XC_MODEL_INVALID when this program cannot run the model; names the field or tensor */
  constructor(file: ModelFile, backend: Backend) {
    const graph = readGraph(file);
    if (graph.input.channels !== 3) {
      throw invalid(
        file.source,
        `graph.input.channels is ${graph.input.channels}, a picture has 3 (Y, U, V)`,
      );
    }
    this.file = file;
    this.graph = graph;
    this.head = readDetectionHead(graph, file.source);
    this.backend = backend;
    this.engines = new WindowEngines(file, graph, this.head, backend);
    const { addon } = backend;
    const resamplers = addon === undefined ? createResampler : nativeResamplers(addon);
    this.#letterbox = new Letterbox(this.engines.limits, resamplers);
    this.#closerLetterbox = new Letterbox(this.engines.limits, resamplers);
  }

  /** The engine that pictures of this size are run on. */
  engineFor({ width, height }: Pick<Picture, "width" | "height">): Engine {
    const { windowWidth, windowHeight } = this.#letterbox.geometryOf(width, height);
    return this.engines.engineFor(windowWidth, windowHeight).engine;
  }

  /**
   * For each class, the score from which a detection counts at an operating point.
   * @throws XnorcamError XC_MODEL_INVALID where the file does not have it
   */
  thresholdsAt(sensitivity: Sensitivity): readonly number[] {
    return thresholdsAt(this.head, sensitivity, this.file.source);
  }

  /**
   * @param options which scores count, and whether to look closer
   * @returns detections best first, boxes in pixels of `picture`; weak ones, which only a tracker should use, when
   *   they were asked for; and where the time went
   */
  detect(picture: Picture, options: DetectOptions = {}): Detected {
    const looks = this.#look(picture, options);
    let step = looks.next();
    while (!step.done) {
      step.value.run();
      step = looks.next();
    }
    return step.value;
  }

  /**
   * The same with the network in a thread of its own; the picture is read until the promise settles. One at a time.
   * @param signal ends it after the look that is under way
   * @throws Error where `backend.addon` cannot do that; the signal's reason
   */
  async detectInBackground(
    picture: Picture,
    options: DetectOptions = {},
    signal?: AbortSignal,
  ): Promise<Detected> {
    const looks = this.#look(picture, options);
    let step = looks.next();
    while (!step.done) {
      if (step.value.runInBackground === undefined) {
        throw new Error(`${this.backend.kernels} kernels have no threads`);
      }
      await step.value.runInBackground();
      signal?.throwIfAborted();
      step = looks.next();
    }
    return step.value;
  }

  /** Yields engines that are to run before it goes on. */
  *#look(picture: Picture, options: DetectOptions): Generator<Engine, Detected, void> {
    const work = this.#letterboxed(picture);
    yield work.engine;
    const whole = this.#found(work, options);
    const { gaze } = options;
    if (gaze === undefined) return whole;
    const hints = this.#found(work, { threshold: hintScore });
    const looks = [
      whole,
      { detections: [], weak: [], timings: { ...hints.timings, letterboxMs: 0, networkMs: 0 } },
    ];
    for (const view of gaze.next(hints.detections, picture)) {
      const part = this.#letterboxed(picture, view);
      yield part.engine;
      const { detections, weak, timings } = this.#found(part, {
        ...options,
        ...(options.closerThresholds && { thresholds: options.closerThresholds }),
      });
      const seen = { detections: seenIn(view, detections, picture), weak: seenIn(view, weak, picture) };
      gaze.saw(view, seen.detections);
      looks.push({ ...seen, timings });
    }
    return this.#together(looks);
  }

  #together(looks: readonly Detected[]): Detected {
    const { nmsIou, maxDetections } = this.head;
    const detections = joined(
      looks.map((look) => look.detections),
      nmsIou,
    );
    const weak = joined(
      looks.map((look) => look.weak),
      nmsIou,
      detections,
    );
    const timings = looks
      .map((look) => look.timings)
      .reduce((all, one) => ({
        letterboxMs: all.letterboxMs + one.letterboxMs,
        networkMs: all.networkMs + one.networkMs,
        decodeMs: all.decodeMs + one.decodeMs,
      }));
    return { detections: detections.slice(0, maxDetections), weak: weak.slice(0, maxDetections), timings };
  }

  /** The network's input is the picture then, or a view of it. */
  #letterboxed(picture: Picture, view?: Box): Work {
    const startMs = performance.now();
    const letterbox = view === undefined ? this.#letterbox : this.#closerLetterbox;
    let seen = picture;
    if (view !== undefined) {
      this.#part = crop(picture, view, this.#part);
      seen = this.#part;
    }
    const { windowWidth, windowHeight } = letterbox.geometryOf(seen.width, seen.height);
    const { engine, levels } = this.engines.engineFor(windowWidth, windowHeight);
    const geometry = letterbox.apply(seen, engine.input);
    return { engine, levels, geometry, startMs, letterboxedMs: performance.now() };
  }

  /** What the network's outputs say. */
  #found({ levels, geometry, startMs, letterboxedMs }: Work, options: DetectOptions): Detected {
    const { head } = this;
    const computedMs = performance.now();
    const found = decode(
      levels,
      head,
      options.threshold === undefined
        ? (options.thresholds ?? head.thresholds)
        : head.classes.map(() => options.threshold!),
      options.weakShare,
    );
    const sure = suppress(found.sure, head.nmsIou, head.maxDetections);
    // Behind the sure ones in the list, a weak box hides none of them.
    const weak = suppress([...sure, ...found.weak], head.nmsIou, head.maxDetections).slice(sure.length);
    const inPicture = (candidates: readonly Candidate[]) =>
      candidates
        .map(({ classId, score, box: inputBox }) => {
          const label = head.classes[classId]!;
          return { label, isWeapon: head.weapons.includes(label), score, box: geometry.toPicture(inputBox) };
        })
        // What lies in the padding is nowhere in the picture.
        .filter(({ box }) => box[2] > 0 && box[3] > 0);
    return {
      detections: inPicture(sure),
      weak: inPicture(weak),
      timings: {
        letterboxMs: letterboxedMs - startMs,
        networkMs: computedMs - letterboxedMs,
        decodeMs: performance.now() - computedMs,
      },
    };
  }
}

/** What was found on one picture. */
export interface Detected {
  readonly detections: Detection[];
  /** Of lower score, see `DetectOptions.weakShare`. */
  readonly weak: Detection[];
  readonly timings: DetectionTimings;
}

/** A picture on its way through the network. */
interface Work extends WindowEngine {
  readonly geometry: LetterboxGeometry;
  readonly startMs: number;
  readonly letterboxedMs: number;
}

/** Which scores count. */
export interface DetectOptions {
  /** 0 … 1, for each class; without them, those of the operating point "normal". */
  readonly thresholds?: readonly number[];
  /** 0 … 1, for all classes; goes before `thresholds`. */
  readonly threshold?: number;
  /** 0 … 1: down to this share of its class's threshold a detection counts as weak; without it, none does. */
  readonly weakShare?: number;
  /** Where to look closer after the look at the whole picture; without it, nowhere. */
  readonly gaze?: Gaze;
  /** In closer looks in place of `thresholds`: a second look is another chance for a false alarm. */
  readonly closerThresholds?: readonly number[] | undefined;
}
