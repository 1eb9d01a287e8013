import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { importDarknet } from "../../darknet/import.ts";
import { messageOf, XnorcamError } from "../../errors.ts";

/** Paths of a network of Darknet's. */
export interface DarknetPaths {
  readonly cfg: string;
  readonly weights: string;
  readonly names: string;
}

/**
 * Imports a network of Darknet's.
 * @param options.out where the model goes; by default, in this folder, under the cfg's name
 * @param options.weapons classes that raise an alarm by default, with commas between them
 * @returns the path of the model
 * @throws XnorcamError XC_DARKNET_UNREADABLE, XC_DARKNET_INVALID, XC_MODEL_INVALID, XC_OUTPUT_UNWRITABLE
 */
export async function importModel(
  paths: DarknetPaths,
  options: { readonly out?: string | undefined; readonly weapons?: string | undefined },
): Promise<string> {
  const name = basename(paths.cfg).replace(/\.cfg$/, "");
  const [cfg, weights, names] = await Promise.all([read(paths.cfg), read(paths.weights), read(paths.names)]);
  const file = importDarknet(
    {
      cfg: { source: paths.cfg, text: cfg.toString() },
      weights: { source: paths.weights, bytes: weights },
      names: { source: paths.names, text: names.toString() },
    },
    { name, weapons: options.weapons === undefined ? [] : options.weapons.split(",") },
  );
  const out = options.out ?? `${name}.safetensors`;
  await writeFile(out, file).catch((error: unknown) => {
    throw new XnorcamError(
      "XC_OUTPUT_UNWRITABLE",
      `cannot write "${out}": ${messageOf(error)}; check --out, its permissions and the free space`,
      { cause: error },
    );
  });
  return out;
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new XnorcamError("XC_DARKNET_UNREADABLE", `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
