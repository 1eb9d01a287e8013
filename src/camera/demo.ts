import { fileURLToPath } from "node:url";

/** The sequence that plays when there is no camera and no replay is configured. */
export const bundledDemo = {
  // From src/camera as from dist/camera.
  path: fileURLToPath(new URL("../../test/fixtures/demo/", import.meta.url)),
  /** The page says it too: the network has seen these pictures in its training. */
  description: "replay of a bundled training clip",
} as const;
