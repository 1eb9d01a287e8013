import { execFile } from "node:child_process";
import { onPath } from "../on-path.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Tells systemd how the service does (sd_notify(3)): that it is ready, that it lives, that it stops. Without systemd
 * it does nothing.
 *
 * The socket is a datagram socket of the Unix family, which Node has not; so systemd's own `systemd-notify` sends,
 * and the unit allows that with `NotifyAccess=all`. Messages go out one after the other.
 */
export class SdNotify {
  /** Between two signs of life: a third of what the unit allows; null where it wants none. */
  readonly watchdogMs: number | null;
  readonly #program: string | null;
  readonly #env: Environment;
  #sending: Promise<void> = Promise.resolve();

  constructor(env: Environment) {
    this.#env = env;
    this.#program = env.NOTIFY_SOCKET === undefined ? null : (onPath("systemd-notify") ?? null);
    const limitUs = Number(env.WATCHDOG_USEC);
    this.watchdogMs = limitUs > 0 ? limitUs / 1000 / 3 : null;
  }

  /** The service works. @param status what `systemctl status` shows */
  ready(status: string): Promise<void> {
    return this.#send("--ready", `--status=${status}`);
  }

  /** It still does. */
  alive(): Promise<void> {
    return this.#send("WATCHDOG=1");
  }

  stopping(): Promise<void> {
    return this.#send("STOPPING=1");
  }

  #send(...args: string[]): Promise<void> {
    const program = this.#program;
    if (program === null) return this.#sending;
    this.#sending = this.#sending.then(
      () =>
        new Promise((resolve) => {
          // A message that is lost shows in systemd's own log, as a watchdog that ran out.
          execFile(program, args, { timeout: 5000, env: this.#env }, () => resolve());
        }),
    );
    return this.#sending;
  }
}
