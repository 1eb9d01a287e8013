import { buildIfStale } from "../scripts/setup.mjs";

/**
 * Tests start the real executable and real worker threads, both from `dist`. A type error is printed but keeps
 * no test from running, as it would be in the way while something is half done; `npm test` fails on it.
 */
export default async function setup() {
  await buildIfStale();
}
