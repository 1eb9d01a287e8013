import { type Static, Type } from "@sinclair/typebox";
import { messageOf } from "../errors.ts";
import { JsonFile } from "./json-file.ts";
import { hashOf, newSecret } from "./secret.ts";
import { passwordMark, type User, type Users } from "./users.ts";

const sessionSchema = Type.Object(
  {
    /** Of the secret in the cookie. */
    hash: Type.String(),
    user: Type.String(),
    passwordMark: Type.String(),
    /** Milliseconds since 1970, at most a day old. */
    usedAtMs: Type.Number(),
  },
  { additionalProperties: false },
);
const fileSchema = Type.Object(
  { version: Type.Literal(1), sessions: Type.Array(sessionSchema) },
  { additionalProperties: false },
);

type Session = Static<typeof sessionSchema>;

const dayMs = 24 * 3600_000;
/** A session ends so long after it was used last. */
export const sessionDays = 30;
/** The one that was not used for the longest time goes. */
const maxSessions = 100;

/** Who is signed in. Sessions outlive a restart; a change of the password, or the end of a user, ends theirs. */
export class Sessions {
  readonly #file: JsonFile<typeof fileSchema>;
  readonly #users: Users;
  readonly #nowMs: () => number;
  readonly #warn: (line: string) => void;
  readonly #byHash = new Map<string, Session>();

  /** @param nowMs milliseconds since 1970 */
  constructor(path: string, users: Users, nowMs: () => number, warn: (line: string) => void) {
    this.#file = new JsonFile(path, fileSchema);
    this.#users = users;
    this.#nowMs = nowMs;
    this.#warn = warn;
  }

  /** A file that can't be read costs everybody a new sign-in, and no more. */
  async load(): Promise<void> {
    try {
      const saved = await this.#file.read();
      for (const session of saved?.sessions ?? []) this.#byHash.set(session.hash, session);
    } catch (error) {
      this.#warn(`everybody has to sign in again: ${messageOf(error)}`);
    }
  }

  /** @returns the secret for the cookie */
  begin(user: User): string {
    const secret = newSecret();
    const hash = hashOf(secret);
    const session = { hash, user: user.name, passwordMark: passwordMark(user), usedAtMs: this.#nowMs() };
    this.#forgetEnded();
    this.#byHash.set(hash, session);
    // Not waited for: whoever signs in must not wait for a disk that hangs.
    void this.#save();
    return secret;
  }

  /** Whose session it is, or null for none. */
  userOf(secret: string): User | null {
    const session = this.#byHash.get(hashOf(secret));
    if (session === undefined) return null;
    const user = this.#liveUser(session);
    const nowMs = this.#nowMs();
    if (user !== null && nowMs - session.usedAtMs > dayMs) {
      session.usedAtMs = nowMs;
      void this.#save();
    }
    return user;
  }

  /** Resolves when it is ended for good. */
  async end(secret: string): Promise<void> {
    if (this.#byHash.delete(hashOf(secret))) await this.#save();
  }

  /** Resolves when everything is on the disk. */
  async settled(): Promise<void> {
    await this.#file.settled();
  }

  #liveUser({ user: name, passwordMark: mark, usedAtMs }: Session): User | null {
    if (this.#nowMs() - usedAtMs > sessionDays * dayMs) return null;
    const user = this.#users.get(name);
    return user !== null && passwordMark(user) === mark ? user : null;
  }

  #forgetEnded(): void {
    for (const session of this.#byHash.values()) {
      if (this.#liveUser(session) === null) this.#byHash.delete(session.hash);
    }
    if (this.#byHash.size < maxSessions) return;
    const [oldest] = [...this.#byHash.values()].sort((a, b) => a.usedAtMs - b.usedAtMs);
    this.#byHash.delete(oldest!.hash);
  }

  async #save(): Promise<void> {
    try {
      await this.#file.write({ version: 1, sessions: [...this.#byHash.values()] });
    } catch (error) {
      this.#warn(`who is signed in will be forgotten at the next start: ${messageOf(error)}`);
    }
  }
}
