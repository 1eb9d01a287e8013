import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes a file that is there whole or not at all, also after a power loss; only this user may read it. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.new`, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
  // The name, too.
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
