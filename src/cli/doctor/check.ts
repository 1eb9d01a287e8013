export type CheckStatus = "ok" | "warning" | "failed";

/** What one check found: a line, and what to do about it unless all is well. */
export interface CheckResult {
  name: string;
  status: CheckStatus;
  message: string;
  fix?: string;
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

/** "1.4 GB" */
export function inWords(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
