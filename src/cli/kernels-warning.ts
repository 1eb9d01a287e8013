import { type Backend, warningLine } from "../nn/backend.ts";

/** Says on standard error why the kernels are slower than they could be, if they are. */
export function warnOfKernels({ warning }: Pick<Backend, "warning">): void {
  if (warning !== undefined) console.error(`xnorcam: ${warningLine(warning)}`);
}
