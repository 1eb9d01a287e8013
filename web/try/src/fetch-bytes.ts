import { messageOf } from "../../../src/errors.ts";

/** @throws Error with one line for the user that names the file */
export async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const name = url.split("/").at(-1);
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new Error(`the server answers ${response.status}`);
  } catch (error) {
    throw new Error(`${name} could not be loaded: ${messageOf(error)}`, { cause: error });
  }
}
