import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, XnorcamError } from "../../errors.ts";

/**
 * Writes the report's page as `index.html` of a folder, which is made if it is not there.
 * @returns the path of the page
 * @throws XnorcamError XC_OUTPUT_UNWRITABLE
 */
export async function writeReport(folder: string, page: string): Promise<string> {
  const path = join(folder, "index.html");
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, page);
  } catch (error) {
    throw new XnorcamError(
      "XC_OUTPUT_UNWRITABLE",
      `cannot write "${path}": ${messageOf(error)}; check --report, its permissions and the free space`,
      { cause: error },
    );
  }
  return path;
}
