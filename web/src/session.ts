import type { SessionState, UserEntry } from "../../src/server/wire.ts";
import { type Api, ApiError } from "./api/api.ts";
import { Store } from "./store.ts";

/**
 * Who uses the page. "open" is a camera whose program has no accounts: whoever reaches it may do everything. A "guest" may
 * look on without signing in, since the settings say so.
 */
export type Access =
  | { state: "loading" | "unreachable" | "open" | "setup" | "signed-out"; user: null }
  | { state: "guest"; user: null; setupNeeded: boolean }
  | { state: "signed-in"; user: UserEntry };

const retryMs = 2000;

/** Knows who is signed in, and lets people in and out. */
export class Session {
  readonly access = new Store<Access>({ state: "loading", user: null });
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
    api.onSignedOut = () => void this.refresh();
  }

  /** Asks the camera, again and again until it answers. */
  async refresh(): Promise<void> {
    try {
      this.#take(await this.#api.get<SessionState>("/session"));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) {
        this.access.value = { state: "open", user: null };
        return;
      }
      this.access.value = { state: "unreachable", user: null };
      setTimeout(() => void this.refresh(), retryMs);
    }
  }

  /** Asks once; without an answer everything stays as it is. */
  async check(): Promise<void> {
    if (this.access.value.state !== "signed-in") return;
    const answer = await this.#api.get<SessionState>("/session").catch(() => null);
    if (answer?.user === null) this.#take(answer);
  }

  /** @throws ApiError */
  async setUp(code: string, name: string, password: string): Promise<void> {
    this.#take(await this.#api.send<SessionState>("POST", "/setup", { code, name, password }));
  }

  /** @throws ApiError */
  async signIn(name: string, password: string): Promise<void> {
    this.#take(await this.#api.send<SessionState>("POST", "/login", { name, password }));
  }

  /** @throws ApiError */
  async signOut(): Promise<void> {
    await this.#api.send("POST", "/logout");
    await this.refresh();
  }

  #take({ setupNeeded, user, scopes }: SessionState): void {
    if (user !== null) this.access.value = { state: "signed-in", user };
    else if (scopes.includes("view")) this.access.value = { state: "guest", user: null, setupNeeded };
    else this.access.value = { state: setupNeeded ? "setup" : "signed-out", user: null };
  }
}

/** Whether somebody may look at the camera. */
export function isInside({ state }: Access): boolean {
  return state === "open" || state === "guest" || state === "signed-in";
}

/** Whether somebody may do more than look. */
export function mayChange({ state, user }: Access): boolean {
  return state === "open" || user?.role === "admin";
}
