import { inProject } from "../project-folder.ts";

/** The sequence that plays when there is no camera and no replay is configured. */
export const bundledDemo = {
  path: inProject("test/fixtures/demo"),
  /** The page says it too: the network has seen these pictures in its training. */
  description: "replay of a bundled training clip",
} as const;
