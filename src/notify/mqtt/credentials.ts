import { readFile } from "node:fs/promises";
import type { IClientOptions } from "mqtt";
import type { Config } from "../../config/schema.ts";
import { messageOf } from "../../errors.ts";

/** How the camera shows a broker who it is, and knows the broker. */
export type CredentialSettings = Pick<
  Config["mqtt"],
  "username" | "password" | "passwordFile" | "caFile" | "certFile" | "keyFile"
>;

/**
 * Name, password and certificates, read from their files each time, so that a new one counts from the next connection on.
 * @throws where a file can't be read
 */
export async function readCredentials(
  settings: CredentialSettings,
): Promise<Pick<IClientOptions, "username" | "password" | "ca" | "cert" | "key">> {
  const { username, password, passwordFile, caFile, certFile, keyFile } = settings;
  const read = async (name: "ca" | "cert" | "key", path: string | null) =>
    path === null ? {} : { [name]: await readFile(path) };
  const secret = passwordFile === null ? password : (await readFile(passwordFile, "utf8")).trim();
  return {
    ...(username === null ? {} : { username }),
    ...(secret === null ? {} : { password: secret }),
    ...(await read("ca", caFile)),
    ...(await read("cert", certFile)),
    ...(await read("key", keyFile)),
  };
}

/** What a failed connection says, in words. */
export function reasonOf(error: unknown): string {
  // Node tries each address of a name, and has no message of its own then.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join(", ");
  return messageOf(error);
}
