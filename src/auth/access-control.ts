import { EventEmitter } from "node:events";
import { join } from "node:path";
import { AuditLog } from "./audit-log.ts";
import type { Role } from "./caller.ts";
import { PasswordHasher } from "./password-hasher.ts";
import { Sessions } from "./sessions.ts";
import { isSameCode, SetupCode } from "./setup-code.ts";
import { type Token, Tokens } from "./tokens.ts";
import { type User, Users } from "./users.ts";

/** A code that was made on the device for a forgotten password is good for an hour. */
const resetMs = 3600_000;

/** What came of a request to sign in: a session's secret, or why there is none. */
export type SignIn = { user: User; secret: string } | "wrong" | "busy";

interface AccessEvents {
  /** Somebody may do less than before: whoever was let in for long has to be looked at again. */
  review: [];
}

/** A live view goes on for days; its session is used, and may end, meanwhile. */
const reviewMs = 3600_000;

/** Users, sessions, tokens and the setup code: who may do what, and who did. Everything is kept in one folder, readable by this user only. */
export class AccessControl extends EventEmitter<AccessEvents> {
  readonly users: Users;
  readonly tokens: Tokens;
  readonly audit: AuditLog;
  readonly setupCode: SetupCode;
  readonly #hasher = new PasswordHasher();
  readonly #sessions: Sessions;
  #reviews: NodeJS.Timeout | undefined;

  constructor(folder: string, warn: (line: string) => void, nowMs: () => number = Date.now) {
    super();
    this.users = usersIn(folder, this.#hasher);
    this.#sessions = new Sessions(join(folder, "sessions.json"), this.users, nowMs, warn);
    this.tokens = new Tokens(join(folder, "tokens.json"));
    this.audit = new AuditLog(join(folder, "audit.jsonl"), nowMs, warn);
    this.setupCode = setupCodeIn(folder);
  }

  /**
   * Reads what is there; before the first user there is always a setup code.
   * @returns the code, or null when it was used
   * @throws XnorcamError XC_ACCESS_FILE
   */
  async start(): Promise<string | null> {
    await this.users.load();
    await this.#sessions.load();
    await this.tokens.load();
    await this.audit.start();
    this.#reviews = setInterval(() => this.emit("review"), reviewMs).unref();
    if (this.users.all.length > 0) return null;
    return (await this.setupCode.waiting()) ?? (await this.setupCode.make());
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#reviews);
    await this.#sessions.settled();
    await this.audit.stop();
  }

  /** Whether a setup code waits to be used: at the first start, or after `xnorcam user reset`. */
  async needsSetup(): Promise<boolean> {
    return (await this.#waitingCode()) !== null;
  }

  /** Makes an admin of whoever has the setup code, which is used up then, and signs him in. */
  async setUp(code: string, name: string, password: string): Promise<SignIn> {
    const waiting = await this.#waitingCode();
    if (waiting === null || !isSameCode(code, waiting)) return "wrong";
    const hashed = await this.#hasher.hash(password);
    if (hashed === null) return "busy";
    if (!(await this.setupCode.use())) return "wrong";
    await this.users.putAdmin(name, hashed);
    this.emit("review");
    return this.#begin(this.users.get(name)!);
  }

  async signIn(name: string, password: string): Promise<SignIn> {
    const user = await this.users.check(name, password);
    return typeof user === "string" ? user : this.#begin(user);
  }

  /** @returns "taken" where somebody has the name, "busy" when too many passwords wait to be hashed. */
  async addUser(name: string, role: Role, password: string): Promise<"added" | "taken" | "busy"> {
    const hashed = await this.#hasher.hash(password);
    if (hashed === null) return "busy";
    return (await this.users.add(name, role, hashed)) ? "added" : "taken";
  }

  /** @returns false if nobody would be left who may do everything; whoever is gone is signed out. */
  async removeUser(name: string): Promise<boolean> {
    const isRemoved = await this.users.remove(name);
    if (isRemoved) this.emit("review");
    return isRemoved;
  }

  /** Ends every session of the user, and begins a new one. */
  async changePassword(name: string, old: string, password: string): Promise<SignIn> {
    const user = await this.users.check(name, old);
    if (typeof user === "string") return user;
    const hashed = await this.#hasher.hash(password);
    if (hashed === null) return "busy";
    if (!(await this.users.setPassword(name, hashed))) return "wrong";
    this.emit("review");
    return this.#begin(this.users.get(name)!);
  }

  /** @returns whether there was one */
  async removeToken(id: string): Promise<boolean> {
    const isRemoved = await this.tokens.remove(id);
    if (isRemoved) this.emit("review");
    return isRemoved;
  }

  async signOut(secret: string): Promise<void> {
    await this.#sessions.end(secret);
    this.emit("review");
  }

  /** Whose session it is, or null. */
  userOf(secret: string): User | null {
    return this.#sessions.userOf(secret);
  }

  /** The token that a program sent, or null. */
  tokenOf(secret: string): Token | null {
    return this.tokens.find(secret);
  }

  #begin(user: User): { user: User; secret: string } {
    return { user, secret: this.#sessions.begin(user) };
  }

  #waitingCode(): Promise<string | null> {
    return this.setupCode.waiting(this.users.all.length > 0 ? resetMs : undefined);
  }
}

/** As the program and `xnorcam user` see them. */
export function usersIn(folder: string, hasher = new PasswordHasher()): Users {
  return new Users(join(folder, "users.json"), hasher);
}

/** Where the program and `xnorcam user` look for it. */
export function setupCodeIn(folder: string): SetupCode {
  return new SetupCode(join(folder, "setup-code"));
}

/** Of what is kept here in the data folder. */
export function accessFolder(dataDir: string): string {
  return join(dataDir, "access");
}
