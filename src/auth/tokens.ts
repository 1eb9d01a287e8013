import { randomBytes } from "node:crypto";
import { type Static, Type } from "@sinclair/typebox";
import { type Scope, scopes } from "./caller.ts";
import { KeptList } from "./kept-list.ts";
import { hashOf, newSecret } from "./secret.ts";

const tokenSchema = Type.Object(
  {
    id: Type.String({ minLength: 1 }),
    name: Type.String({ minLength: 1 }),
    scopes: Type.Array(Type.Unsafe<Scope>(Type.Union(scopes.map((scope) => Type.Literal(scope))))),
    /** Of the token itself. */
    hash: Type.String({ minLength: 1 }),
    since: Type.String(),
  },
  { additionalProperties: false },
);

export type Token = Static<typeof tokenSchema>;

/** So that a token is known for one wherever it turns up. */
const prefix = "xnorcam_";
const maxTokens = 100;

/** Keys for programs. */
export class Tokens {
  readonly #tokens: KeptList<typeof tokenSchema>;

  constructor(path: string) {
    this.#tokens = new KeptList(path, tokenSchema);
  }

  /** @throws XnorcamError XC_ACCESS_FILE */
  async load(): Promise<void> {
    await this.#tokens.load();
  }

  get all(): readonly Token[] {
    return this.#tokens.all;
  }

  /** The token that a program sent, or null. */
  find(secret: string): Token | null {
    const hash = hashOf(secret);
    return this.all.find((token) => token.hash === hash) ?? null;
  }

  /** @returns the token, which is not kept; null when there are too many. @throws XnorcamError XC_ACCESS_FILE */
  async add(name: string, granted: readonly Scope[]): Promise<{ id: string; token: string } | null> {
    const token = prefix + newSecret();
    const id = randomBytes(6).toString("base64url");
    const entry = {
      id,
      name,
      scopes: [...new Set(granted)],
      hash: hashOf(token),
      since: new Date().toISOString(),
    };
    const isAdded = await this.#tokens.change((tokens) =>
      tokens.length < maxTokens ? [...tokens, entry] : null,
    );
    return isAdded ? { id, token } : null;
  }

  /** @returns whether there was one. @throws XnorcamError XC_ACCESS_FILE */
  async remove(id: string): Promise<boolean> {
    return await this.#tokens.change((tokens) =>
      tokens.some((token) => token.id === id) ? tokens.filter((token) => token.id !== id) : null,
    );
  }
}
