import { resolve } from "node:path";
import { setImmediate as untilIdle } from "node:timers/promises";
import { ModelDetector } from "../../detect/model-detector.ts";
import { PictureDetector } from "../../detect/picture-detector.ts";
import { messageOf, XnorcamError } from "../../errors.ts";
import { listModelFiles, type ModelFileEntry, methodNames, methodsFolder } from "../../method-files.ts";
import { backendOf, chooseBackend, kernelsVariable, referenceBackend } from "../../nn/backend.ts";
import type { Engine } from "../../nn/network.ts";
import { withProgress } from "../progress.ts";
import { fillWithNoise, median, timeOf } from "./measure.ts";
import {
  type Column,
  type Kind,
  kinds,
  type MethodReport,
  type MethodsReport,
  methodsTable,
  type Timing,
  titles,
  yardstick,
} from "./methods-report.ts";

/** About so many milliseconds of a model are measured on each kernels, within these numbers of runs. */
const budgetMs = 3000;
const fewestRuns = 3;
const mostRuns = 30;

/** A model on some kernels, and how long its runs took. */
interface Measurement {
  readonly engine: Engine;
  readonly times: number[];
  /** How many there are to be. */
  runs: number;
}

type Subject = Omit<MethodReport, Kind> & { readonly measurements: Map<Kind, Measurement> };

/**
 * `xnorcam bench --methods`: the models of a folder, one a method, against each other on this machine.
 *
 * @param options `folder`: undefined for the bundled models, which have to be complete. `kernels`: the only ones to
 *   measure; undefined for the best native ones, those in WebAssembly and the reference
 * @returns the exit code: 1 when a file could not be measured
 * @throws XnorcamError XC_MODEL_UNREADABLE when the folder cannot be read or holds no model; XC_KERNELS_UNAVAILABLE
 */
export async function benchMethods({
  folder,
  kernels: wanted = process.env[kernelsVariable] || undefined,
  json,
}: {
  folder: string | undefined;
  kernels: string | undefined;
  json: boolean;
}): Promise<number> {
  const columns = wanted === undefined ? allColumns() : [forcedColumn(wanted)];
  const files = await modelFilesOf(folder);
  const failed = folder === undefined ? missingFiles(files) : [];
  const fix = folder === undefined ? fetchAnew : "copy it there again, or take it away";
  const absent = columns.flatMap(({ kind, backend }) =>
    typeof backend === "string" ? [`${titles[kind]} is absent: ${backend}`] : [],
  );
  const subjects: Subject[] = [];
  for (const file of files) {
    try {
      subjects.push(subjectOf(file, columns, absent));
    } catch (error) {
      if (!(error instanceof XnorcamError)) throw error;
      failed.push({ file: file.path, message: `${error.message}; ${fix}` });
    }
  }
  for (const { message } of failed) console.error(`xnorcam: ${message} (not measured)`);
  await measure(subjects.flatMap(({ measurements }) => [...measurements.values()]));
  const report: MethodsReport = {
    folder: resolve(folder ?? methodsFolder),
    kernels: Object.fromEntries(
      kinds.map((kind) => [kind, kernelsOf(columns, kind)]),
    ) as MethodsReport["kernels"],
    methods: reportsOf(subjects),
    absent,
    failed,
  };
  if (json) console.log(JSON.stringify(report));
  else if (subjects.length > 0) console.log(methodsTable(report, columns));
  return failed.length === 0 ? 0 : 1;
}

const fetchAnew = "fetch it anew (git checkout models, or install the release again)";

function allColumns(): Column[] {
  return [
    { kind: "native", backend: backendOf("native") },
    { kind: "wasm", backend: backendOf("wasm") },
    { kind: "reference", backend: referenceBackend() },
  ];
}

/** @throws XnorcamError XC_KERNELS_UNAVAILABLE */
function forcedColumn(wanted: string): Column {
  const backend = chooseBackend({ wanted });
  const kind = backend.addon === undefined ? "reference" : wanted.startsWith("wasm") ? "wasm" : "native";
  return { kind, backend };
}

function kernelsOf(columns: readonly Column[], kind: Kind): string | null {
  const backend = columns.find((column) => column.kind === kind)?.backend;
  return backend === undefined || typeof backend === "string" ? null : backend.kernels;
}

/** @throws XnorcamError XC_MODEL_UNREADABLE */
async function modelFilesOf(given: string | undefined): Promise<ModelFileEntry[]> {
  const folder = given ?? methodsFolder;
  const fix =
    given === undefined ? `${fetchAnew}, or name another: --methods DIR` : "name a folder of model files";
  const unreadable = (why: string, cause?: unknown) =>
    new XnorcamError("XC_MODEL_UNREADABLE", `${why}; ${fix}`, { cause });
  let files: ModelFileEntry[];
  try {
    files = await listModelFiles(folder);
  } catch (error) {
    throw unreadable(`cannot read the folder ${folder}: ${messageOf(error)}`, error);
  }
  if (files.length === 0) throw unreadable(`the folder ${folder} holds no model (*.safetensors)`);
  return files;
}

/** Of the bundled models. */
function missingFiles(files: readonly ModelFileEntry[]): { file: string; message: string }[] {
  const missing = methodNames.filter((method) => !files.some(({ name }) => name === method));
  return missing.map((method) => {
    const file = `${methodsFolder}/${method}.safetensors`;
    return { file, message: `${file} is missing; ${fetchAnew}` };
  });
}

/**
 * Reads a model, and makes it ready to run on its largest input by each kind of kernels.
 * @param absent gets a line about each that cannot run it
 * @throws XnorcamError XC_MODEL_UNREADABLE, XC_MODEL_INVALID
 */
function subjectOf({ name, path }: ModelFileEntry, columns: readonly Column[], absent: string[]): Subject {
  const { file, graph, engines } = PictureDetector.load(path, referenceBackend());
  const { width, height } = engines.limits;
  const { plans } = engines.plan;
  const measurements = new Map<Kind, Measurement>();
  for (const { kind, backend } of columns) {
    if (typeof backend === "string") continue;
    try {
      const detector = new ModelDetector(file, backend);
      const { engine } = detector.engines.engineFor(width, height);
      fillWithNoise(engine.input);
      measurements.set(kind, { engine, times: [], runs: 0 });
    } catch (error) {
      absent.push(`${titles[kind]} is absent for ${name}: ${messageOf(error)}`);
    }
  }
  return {
    method: methodOf(graph.extra) ?? name,
    file: path,
    bytes: file.bytes,
    inputWidth: width,
    inputHeight: height,
    realMacs: plans.reduce((sum, { macs }) => sum + macs.real, 0),
    binaryMacs: plans.reduce((sum, { macs }) => sum + macs.binary, 0),
    measurements,
  };
}

/** What the file says of how it was trained. */
function methodOf({ training }: Readonly<Record<string, unknown>>): string | undefined {
  const method =
    typeof training === "object" && training !== null && "method" in training ? training.method : null;
  return typeof method === "string" ? method : undefined;
}

/**
 * Runs all of them in turns, so that what else the machine does hits all alike; a slow one has fewer turns, spread
 * evenly over the rounds. Between two turns the bar is drawn.
 */
async function measure(measurements: readonly Measurement[]): Promise<void> {
  await withProgress(measurements, "warmed up", async (measurement) => {
    const { engine } = measurement;
    // In the reference, the first run compiles.
    engine.run();
    const runs = Math.floor(budgetMs / timeOf(() => engine.run()));
    measurement.runs = Math.max(fewestRuns, Math.min(mostRuns, runs));
    await untilIdle();
  });
  const rounds = Array.from({ length: mostRuns }, (_, round) =>
    measurements.filter(({ runs }) => turnsUntil(round + 1, runs) > turnsUntil(round, runs)),
  );
  await withProgress(rounds.flat(), "runs", async ({ engine, times, runs }) => {
    // A quick one would wait for its own weights, which the one before has driven out of the caches.
    if (runs === mostRuns) engine.run();
    times.push(timeOf(() => engine.run()));
    await untilIdle();
  });
}

/** Of `runs` turns, those that come before a round. */
function turnsUntil(round: number, runs: number): number {
  return Math.ceil((round * runs) / mostRuns);
}

function reportsOf(subjects: readonly Subject[]): MethodReport[] {
  const msOf = ({ measurements }: Subject, kind: Kind) => {
    const times = measurements.get(kind)?.times;
    return times === undefined ? undefined : median(times);
  };
  const float = subjects.find(({ method }) => method === yardstick);
  return subjects.map((subject) => {
    const { measurements, ...rest } = subject;
    const timing = (kind: Kind): Timing | null => {
      const ms = msOf(subject, kind);
      if (ms === undefined) return null;
      const floatMs = float === undefined ? undefined : msOf(float, kind);
      const speedup = floatMs === undefined ? null : floatMs / ms;
      return { ms, runs: measurements.get(kind)!.times.length, speedup };
    };
    return { ...rest, native: timing("native"), wasm: timing("wasm"), reference: timing("reference") };
  });
}
