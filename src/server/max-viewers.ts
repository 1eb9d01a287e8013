import { type Problem, problem } from "./problem.ts";

/** Far more than a Pi can feed, and few enough that their buffers fit its memory. */
export const maxViewers = 64;

export function tooManyViewers(): Problem {
  return problem(503, `${maxViewers} viewers are watching already; close one or try again later`);
}
