import { isIPv6 } from "node:net";
import type { Clock } from "../clock.ts";

/** So many wrong passwords in a row, then one every ten seconds: a person hardly notices, a list of words takes years. */
const tries = 10;
const refillMs = 10_000;
/** Each takes about 100 bytes. */
const maxAddresses = 1000;

interface Bucket {
  left: number;
  atMs: number;
}

/** Counts the wrong passwords from each address (a token bucket), so that guessing is slow and keeps nobody else waiting. */
export class LoginLimiter {
  readonly #clock: Pick<Clock, "now">;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Takes one try. @returns the milliseconds to wait for one, or 0 */
  take(address: string): number {
    const network = networkOf(address);
    const bucket = this.#filled(network);
    // The ones that came last are at the end.
    this.#buckets.delete(network);
    this.#buckets.set(network, bucket);
    if (this.#buckets.size > maxAddresses) this.#buckets.delete(this.#buckets.keys().next().value!);
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) * refillMs);
    bucket.left--;
    return 0;
  }

  /** The password was right: that try does not count. */
  giveBack(address: string): void {
    const bucket = this.#buckets.get(networkOf(address));
    if (bucket !== undefined) bucket.left = Math.min(tries, bucket.left + 1);
  }

  #filled(network: string): Bucket {
    const nowMs = this.#clock.now();
    const bucket = this.#buckets.get(network) ?? { left: tries, atMs: nowMs };
    bucket.left = Math.min(tries, bucket.left + (nowMs - bucket.atMs) / refillMs);
    bucket.atMs = nowMs;
    return bucket;
  }
}

/** One machine has a whole /64 of IPv6 addresses to choose from. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [mapped] = /\d+\.\d+\.\d+\.\d+$/.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - rest.length }, () => "0");
  return [...groups, ...zeros, ...rest].slice(0, 4).join(":");
}
