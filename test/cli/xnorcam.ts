import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The compiled program; `test/global-setup.mjs` keeps it up to date. */
export const program = fileURLToPath(new URL("../../dist/cli/index.js", import.meta.url));

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the real executable to its end, in an environment that has none of its variables set but these. */
export function xnorcam(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } };
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
