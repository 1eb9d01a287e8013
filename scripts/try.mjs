// Builds web/try, the detector in a browser, to dist/try: a folder of static files that the camera serves at /try/ and
// that can be put on any web host.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "dist", "try");

/** @returns whether there was no error */
export async function buildTry() {
  // Needs a package, so it is loaded once those are there.
  const { build } = await import("vite");
  try {
    await build({ configFile: join(root, "web", "try", "vite.config.ts"), logLevel: "warn" });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
  const models = await copyModels();
  writeServiceWorker(models);
  return true;
}

/** Copies the models of the repository, and writes models.json, the list of them. @returns the list */
async function copyModels() {
  // Compiled before the page is built.
  const { listTryModels } = await import("../dist/server/try-models.js");
  const entries = await listTryModels(join(root, "models"));
  for (const { file } of entries) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  writeFileSync(join(folder, "models.json"), JSON.stringify(entries));
  return entries;
}

/**
 * Names the files that are to work offline at once, of the models the first one, which the page begins with, and the
 * version of all files.
 */
function writeServiceWorker([first]) {
  const script = join(folder, "sw.js");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .filter((file) => file !== "sw.js")
    .sort();
  const digest = createHash("sha256");
  for (const file of ["sw.js", ...files]) digest.update(file).update(readFileSync(join(folder, file)));
  const precache = {
    version: digest.digest("hex").slice(0, 16),
    files: [
      "./",
      ...files.filter(
        (file) => file !== "index.html" && (!file.startsWith("models/") || file === first?.file),
      ),
    ],
  };
  writeFileSync(script, `const precache=${JSON.stringify(precache)};\n${readFileSync(script, "utf8")}`);
}
