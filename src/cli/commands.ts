import type { Command } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Commands are loaded one at a time, so that none waits for the packages of another. */
  load(): Promise<Command>;
}

/** Every command of the program; a new one is a file and a row. */
export const commands: readonly CommandEntry[] = [
  {
    name: "run",
    summary: "Watch: camera or replay, detector, alarm, outputs and the dashboard",
    load: async () => (await import("./run.ts")).run,
  },
  {
    name: "detect",
    summary: "Find objects in pictures",
    load: async () => (await import("./detect.ts")).detect,
  },
  {
    name: "eval",
    summary: "Measure the accuracy of a model on a data set",
    load: async () => (await import("./eval.ts")).evaluate,
  },
  {
    name: "bench",
    summary: "Measure the speed of a model, layer by layer, or of the methods against each other",
    load: async () => (await import("./bench.ts")).bench,
  },
  {
    name: "model",
    summary: "Say what is in a model file, import one from Darknet, or export one to ONNX",
    load: async () => (await import("./model.ts")).model,
  },
  {
    name: "doctor",
    summary: "Check this machine and its settings, with a fix for each problem",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "user",
    summary: "List who may sign in, or make a code for a forgotten password",
    load: async () => (await import("./user.ts")).user,
  },
];
