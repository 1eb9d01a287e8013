import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** RFC 7914: 16 MiB and a few hundred milliseconds on a Pi Zero. */
const cost = { N: 16384, r: 8, p: 1 };
const keyBytes = 32;
/** Each takes 16 MiB and a thread of Node's pool, which files and DNS need, too. */
const maxWaiting = 4;

/** Hashes passwords one at a time off the main thread, and refuses when too many wait. */
export class PasswordHasher {
  /** A hash that no password has, and that takes as long as any to find that out. */
  readonly decoy = hashText(randomBytes(16), randomBytes(keyBytes));
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @returns "scrypt$N$r$p$salt$key", or null when too many wait. */
  async hash(password: string): Promise<string | null> {
    const salt = randomBytes(16);
    const key = await this.#derive(password, salt, keyBytes, cost);
    return key === null ? null : hashText(salt, key);
  }

  /** @returns whether the password made that hash, or null when too many wait. */
  async verify(password: string, hashed: string): Promise<boolean | null> {
    const [, N, r, p, salt, key] = hashed.split("$");
    if (salt === undefined || key === undefined) return false;
    const expected = Buffer.from(key, "base64url");
    const options = { N: Number(N), r: Number(r), p: Number(p) };
    const actual = await this.#derive(password, Buffer.from(salt, "base64url"), expected.length, options);
    return actual === null ? null : timingSafeEqual(actual, expected);
  }

  #derive(password: string, salt: Buffer, bytes: number, options: ScryptOptions): Promise<Buffer | null> {
    if (this.#waiting >= maxWaiting) return Promise.resolve(null);
    this.#waiting++;
    const derived = this.#last.then(() => derive(password, salt, bytes, options));
    this.#last = derived
      .catch(() => {})
      .finally(() => {
        this.#waiting--;
      });
    return derived;
  }
}

function hashText(salt: Buffer, key: Buffer): string {
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

function derive(password: string, salt: Buffer, bytes: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Two spellings of the same letter are one password.
    scrypt(password.normalize("NFKC"), salt, bytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
