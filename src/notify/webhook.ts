import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { Backoff } from "./backoff.ts";
import type { Outbox } from "./outbox.ts";
import type { EventKind, Moment, Notice, NotifyLog } from "./tellable.ts";

export interface WebhookSettings {
  /** For the log: an address often has a key in it. */
  readonly name: string;
  readonly url: string;
  /** Key of the signature; null: unsigned, unless there is a file with one. */
  readonly secret: string | null;
  readonly secretFile: string | null;
  readonly kinds: readonly EventKind[];
  /** "began" is also for a sighting that becomes an alarm. */
  readonly moments: readonly Exclude<Moment, "raised">[];
  readonly timeoutSeconds: number;
}

export interface WebhookParts {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: NotifyLog;
  /** 0 … 1, for the waits. */
  readonly random?: () => number;
  /** Milliseconds since 1970, for the signature. */
  readonly wallTimeMs?: () => number;
}

const firstWaitMs = 1000;
const longestWaitMs = 5 * 60_000;
/** A target may ask for a longer wait than ours, up to this. */
const longestAskedMs = 60 * 60_000;
/** A request that is under way when the program stops gets so long. */
const farewellMs = 1000;
/** Refusals that may pass: not logged in yet, not deployed yet, too many requests, … */
const passing: ReadonlySet<number> = new Set([401, 403, 404, 408, 409, 421, 425, 429]);

/**
 * Sends notices to one address, oldest first, each until it was taken. At least once: a target that took one and could
 * not say so gets it again, with the same `Xnorcam-Delivery`.
 */
export class Webhook {
  readonly #settings: WebhookSettings;
  readonly #parts: WebhookParts;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  #isStopped = false;
  #cancelTimer: (() => void) | null = null;
  #sending: Promise<void> | null = null;
  /** The last problem that was logged; null while all is well. */
  #problem: string | null = null;

  constructor(settings: WebhookSettings, parts: WebhookParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#backoff = new Backoff(firstWaitMs, longestWaitMs, parts.random);
  }

  /** @throws where the folder of the queue can't be used */
  async start(): Promise<void> {
    await this.#parts.outbox.open();
    this.#wake();
  }

  /** Queues it if the target wants it. Resolves when it is on disk. */
  async tell(notice: Notice): Promise<void> {
    if (!this.#wants(notice)) return;
    await this.#parts.outbox.add(notice);
    this.#wake();
  }

  /** Idempotent. What was not delivered stays on disk. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    // An answer that is about to come saves the target from getting the notice twice.
    const cancel = this.#parts.clock.after(farewellMs, () => this.#abort.abort());
    await this.#sending;
    cancel();
  }

  #wants({ moment, event }: Notice): boolean {
    const { kinds, moments } = this.#settings;
    if (!moments.includes(moment === "raised" ? "began" : moment)) return false;
    // Whoever was told that it began is told that it ended, whatever it has become meanwhile.
    return kinds.includes(event.kind) || (moment === "ended" && kinds.includes(event.beganAs));
  }

  #wake(): void {
    if (this.#isStopped || this.#sending !== null || this.#cancelTimer !== null) return;
    this.#sending = this.#drain().finally(() => {
      this.#sending = null;
      // One that was queued between the last look and now.
      if (this.#parts.outbox.size > 0) this.#wake();
    });
  }

  async #drain(): Promise<void> {
    const { outbox, clock } = this.#parts;
    for (let notice = outbox.peek(); notice !== null; notice = outbox.peek()) {
      if (this.#isStopped) return;
      const waitMs = await this.#send(notice);
      if (waitMs !== null) {
        if (this.#isStopped) return;
        this.#cancelTimer = clock.after(waitMs, () => {
          this.#cancelTimer = null;
          this.#wake();
        });
        return;
      }
      await outbox.remove(notice);
    }
  }

  /** @returns how long to wait before it is tried again, milliseconds; null where it is done with. */
  async #send(notice: Notice): Promise<number | null> {
    const { url, timeoutSeconds } = this.#settings;
    const body = JSON.stringify(notice);
    const timestamp = Math.floor((this.#parts.wallTimeMs ?? Date.now)() / 1000);
    try {
      const secret = await this.#secret();
      const response = await fetch(url, {
        method: "POST",
        body,
        // What is told is for this address, and no other that it may be sent on to.
        redirect: "manual",
        signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
        headers: {
          "content-type": "application/json",
          "user-agent": "Xnorcam",
          "xnorcam-delivery": notice.id,
          ...(secret === null ? {} : { "xnorcam-signature": signature(secret, timestamp, body) }),
        },
      });
      await response.body?.cancel();
      return this.#judge(response, notice);
    } catch (error) {
      if (this.#abort.signal.aborted) return 0;
      this.#complain(reasonOf(error, timeoutSeconds));
      return this.#backoff.next();
    }
  }

  async #secret(): Promise<string | null> {
    const { secret, secretFile } = this.#settings;
    return secretFile === null ? secret : (await readFile(secretFile, "utf8")).trim();
  }

  #judge({ ok, status, headers }: Response, notice: Notice): number | null {
    if (ok) {
      if (this.#problem !== null) this.#parts.log.info(`webhook ${this.#settings.name} works again`);
      this.#problem = null;
      this.#backoff.reset();
      return null;
    }
    if (status >= 400 && status < 500 && !passing.has(status)) {
      this.#parts.log.warn(
        `webhook ${this.#settings.name} refused "${notice.id}" with status ${status}; it is not sent again`,
      );
      this.#backoff.reset();
      return null;
    }
    const isRedirect = status >= 300 && status < 400;
    this.#complain(
      isRedirect
        ? `status ${status}: redirects are not followed; set its url to the final address`
        : `status ${status}`,
    );
    return Math.max(this.#backoff.next(), retryAfterMs(headers.get("retry-after")));
  }

  #complain(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#parts.log.warn(`webhook ${this.#settings.name}: ${problem}; it is tried again`);
  }
}

/** `t=<seconds since 1970>,v1=<hex of HMAC-SHA256 over "<t>.<body>">`: an old message can't be sent again as a new one. */
export function signature(secret: string, timestamp: number, body: string): string {
  const mac = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return `t=${timestamp},v1=${mac}`;
}

/** RFC 9110 §10.2.3: seconds or a date. @returns milliseconds, 0 where there is none that can be read. */
function retryAfterMs(value: string | null): number {
  if (value === null) return 0;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(longestAskedMs, Math.max(0, ms)) : 0;
}

function reasonOf(error: unknown, timeoutSeconds: number): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer in ${timeoutSeconds} s`;
  // fetch says only "fetch failed", and why in the cause.
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
