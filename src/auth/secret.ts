import { createHash, randomBytes } from "node:crypto";

/** 256 random bits as text: nobody guesses them, so that a plain hash keeps them. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** What is kept of a secret. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
