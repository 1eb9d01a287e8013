export type CheckStatus = "ok" | "warning" | "failed";

/** What one check found: a line, and what to do about it unless all is well. */
export interface CheckResult {
  name: string;
  status: CheckStatus;
  message: string;
  fix?: string;
  /** What was measured, for metrics: names with their unit, such as { celsius: 54.2 }. */
  measured?: Readonly<Record<string, number>>;
  /** Does what `--fix` may do by itself: nothing that anybody could miss afterwards. */
  repair?: () => Promise<void>;
}

/** Looks at one thing; what it finds wrong is a result, not an error. */
export type Check = () => CheckResult | Promise<CheckResult>;

export function ok(name: string, message: string): CheckResult {
  return { name, status: "ok", message };
}

export function warning(name: string, message: string, fix: string): CheckResult {
  return { name, status: "warning", message, fix };
}

export function failed(name: string, message: string, fix: string): CheckResult {
  return { name, status: "failed", message, fix };
}

/** A fix as a sentence of its own begins. */
export function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** "1.4 GB" */
export function inWords(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** The result with what was measured, of which there is nothing where it could not be. */
export function measuring(result: CheckResult, measured: Readonly<Record<string, number>>): CheckResult {
  return { ...result, measured };
}
