import type { Backend } from "../../nn/backend.ts";

/** The method to which the others are compared. */
export const yardstick = "float";

export const kinds = ["native", "wasm", "reference"] as const;
export type Kind = (typeof kinds)[number];

/** What computes, or why it is absent on this machine. */
export interface Column {
  readonly kind: Kind;
  readonly backend: Backend | string;
}

export interface Timing {
  /** Median of the runs. */
  readonly ms: number;
  readonly runs: number;
  /** How many times as long `float` takes on the same kernels; null where there is none to compare with. */
  readonly speedup: number | null;
}

/** A row of the table; null where the kernels are absent or cannot run the model. */
export interface MethodReport extends Record<Kind, Timing | null> {
  readonly method: string;
  readonly file: string;
  readonly bytes: number;
  readonly inputWidth: number;
  readonly inputHeight: number;
  readonly realMacs: number;
  readonly binaryMacs: number;
}

export interface MethodsReport {
  readonly folder: string;
  /** By name; absent ones are null. */
  readonly kernels: Readonly<Record<Kind, string | null>>;
  readonly methods: readonly MethodReport[];
  /** Why what is null is absent, a line each. */
  readonly absent: readonly string[];
  /** Files that could not be measured at all. */
  readonly failed: readonly { readonly file: string; readonly message: string }[];
}

export const titles: Readonly<Record<Kind, string>> = {
  native: "native",
  wasm: "WebAssembly",
  reference: "reference",
};

/** For the terminal. */
export function methodsTable(
  { kernels, methods, absent }: MethodsReport,
  columns: readonly Column[],
): string {
  const million = (count: number) => (count / 1e6).toFixed(1);
  const row = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(16) : cell.padStart(i < 5 ? 10 : 15))).join("");
  const titleOf = ({ kind }: Column) => (kind === "native" ? (kernels.native ?? "native") : titles[kind]);
  const cellsOf = (timing: Timing | null) => {
    if (timing === null) return ["absent", ""];
    const { ms, speedup } = timing;
    return [ms.toFixed(ms < 10 ? 3 : 1), speedup === null ? "–" : speedup.toFixed(2)];
  };
  return [
    row([
      "method",
      "input",
      "KB",
      "real M",
      "binary M",
      ...columns.flatMap((each) => [`${titleOf(each)} ms`, "× float"]),
    ]),
    ...methods.map((each) =>
      row([
        each.method,
        `${each.inputWidth}×${each.inputHeight}`,
        (each.bytes / 1000).toFixed(0),
        million(each.realMacs),
        million(each.binaryMacs),
        ...columns.flatMap(({ kind }) => cellsOf(each[kind])),
      ]),
    ),
    legend,
    ...absent,
  ].join("\n");
}

const legend = [
  "A frame of the network's input, median, one thread, all models in turns; real M, binary M: million",
  `multiply-accumulates; × float: how many times as fast as the model of the method ${yardstick}.`,
].join("\n");
