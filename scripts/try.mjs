// Builds web/try, the detector in a browser, to dist/try: a folder of static files that the camera serves at /try/ and
// that can be put on any web host.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const models = join(root, "models");
const folder = join(root, "dist", "try");

/** The bundled model first: it is what the page begins with. */
const first = "xnor-yolo-zero.safetensors";

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
  copyModels();
  writeServiceWorker();
  return true;
}

/** The models of the repository that find objects, and models.json, a list of them. */
function copyModels() {
  mkdirSync(join(folder, "models"), { recursive: true });
  const files = readdirSync(models).filter((file) => file.endsWith(".safetensors"));
  const entries = files
    .sort((a, b) => Number(b === first) - Number(a === first) || a.localeCompare(b))
    .map((file) => ({ file, graph: graphOf(join(models, file)) }))
    .filter(({ graph }) => graph.detection !== undefined)
    .map(({ file, graph }) => {
      copyFileSync(join(models, file), join(folder, "models", file));
      return { name: graph.name, file: `models/${file}`, bytes: statSync(join(models, file)).size };
    });
  writeFileSync(join(folder, "models.json"), JSON.stringify(entries));
}

/** The graph in the header of a safetensors file. */
function graphOf(file) {
  const bytes = readFileSync(file);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
  return JSON.parse(header.__metadata__.graph);
}

/** Names the files that are to work offline, of the models the first one, and the version of all of them. */
function writeServiceWorker() {
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
        (file) => file !== "index.html" && (!file.startsWith("models/") || file === `models/${first}`),
      ),
    ],
  };
  writeFileSync(script, `const precache=${JSON.stringify(precache)};\n${readFileSync(script, "utf8")}`);
}
