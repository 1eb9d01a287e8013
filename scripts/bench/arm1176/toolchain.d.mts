/** What a section of a program executed; the plugin's report (`plugin.c`). Cycles are estimated. */
export interface Section {
  readonly section: number;
  readonly instructions: number;
  readonly thumb: number;
  readonly loads: number;
  readonly loadWords: number;
  readonly stores: number;
  readonly storeWords: number;
  readonly multiplies: number;
  readonly branches: number;
  readonly mispredictions: number;
  readonly dataMisses: number;
  readonly instructionMisses: number;
  readonly tlbMisses: number;
  readonly preloads: number;
  readonly preloadsUnknown: number;
  readonly cyclesEstimated: number;
  readonly interlockCycles: number;
  readonly unitCycles: number;
  readonly memoryCycles: number;
  readonly branchCycles: number;
}

export interface RunOptions {
  readonly costs?: Readonly<Partial<Record<"fill" | "fill_bus" | "write_bus" | "walk", number>>>;
  readonly profile?: string;
}

export const chipFlags: readonly string[];
export const includeFlag: string;
export const runtimeSources: readonly string[];
export function whatIsMissing(): string | undefined;
export function buildPlugin(folder: string): string;
export function buildProgram(program: string, sources: readonly string[], flags?: readonly string[]): void;
export function runCounted(
  plugin: string,
  program: string,
  args?: readonly string[],
  options?: RunOptions,
): { sections: Section[]; output: string };
