import { type Static, Type } from "@sinclair/typebox";
import { type Role, roles } from "./caller.ts";
import { KeptList } from "./kept-list.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { hashOf } from "./secret.ts";

const userSchema = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    role: Type.Unsafe<Role>(Type.Union(roles.map((role) => Type.Literal(role)))),
    /** Of the PasswordHasher. */
    password: Type.String({ minLength: 1 }),
    since: Type.String(),
  },
  { additionalProperties: false },
);

export type User = Static<typeof userSchema>;

/** Who may sign in. */
export class Users {
  readonly #users: KeptList<typeof userSchema>;
  readonly #hasher: PasswordHasher;

  constructor(path: string, hasher: PasswordHasher) {
    this.#users = new KeptList(path, userSchema);
    this.#hasher = hasher;
  }

  /** @throws XnorcamError XC_ACCESS_FILE: nobody may become the first user because of a damaged file. */
  async load(): Promise<void> {
    await this.#users.load();
  }

  get all(): readonly User[] {
    return this.#users.all;
  }

  get(name: string): User | null {
    return this.all.find((user) => keyOf(user.name) === keyOf(name)) ?? null;
  }

  /** @returns whether there was none of this name yet. @throws XnorcamError XC_ACCESS_FILE */
  async add(name: string, role: Role, password: string): Promise<boolean> {
    return await this.#users.change((users) =>
      has(users, name) ? null : [...users, make(name, role, password)],
    );
  }

  /** Makes an admin with this password of whoever has the name, or of nobody so far. @throws XnorcamError XC_ACCESS_FILE */
  async putAdmin(name: string, password: string): Promise<void> {
    await this.#users.change((users) => [...without(users, name), make(name, "admin", password)]);
  }

  /** @returns false if there is nobody of this name any more. @throws XnorcamError XC_ACCESS_FILE */
  async setPassword(name: string, password: string): Promise<boolean> {
    return await this.#users.change((users) =>
      has(users, name)
        ? users.map((user) => (keyOf(user.name) === keyOf(name) ? { ...user, password } : user))
        : null,
    );
  }

  /** @returns false if nobody would be left who may do everything. @throws XnorcamError XC_ACCESS_FILE */
  async remove(name: string): Promise<boolean> {
    return await this.#users.change((users) => {
      const left = without(users, name);
      return left.some(({ role }) => role === "admin") ? left : null;
    });
  }

  /** @returns the user, "wrong" for a wrong name or password, "busy" when too many wait to be checked. */
  async check(name: string, password: string): Promise<User | "wrong" | "busy"> {
    const user = this.get(name);
    // Somebody who does not exist takes as long.
    const fits = await this.#hasher.verify(password, user?.password ?? this.#hasher.decoy);
    if (fits === null) return "busy";
    return fits && user !== null ? user : "wrong";
  }
}

/** Changes with the password, so that what was given out under the old one is worth nothing. */
export function passwordMark({ password }: User): string {
  return hashOf(password);
}

function make(name: string, role: Role, password: string): User {
  return { name: name.normalize("NFKC"), role, password, since: new Date().toISOString() };
}

function has(users: readonly User[], name: string): boolean {
  return users.some((user) => keyOf(user.name) === keyOf(name));
}

function without(users: readonly User[], name: string): User[] {
  return users.filter((user) => keyOf(user.name) !== keyOf(name));
}

/** Phones like to write the first letter large. */
function keyOf(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
