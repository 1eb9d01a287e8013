import { readFileSync } from "node:fs";
import { inProject } from "./project-folder.ts";

/** The version of package.json. */
export function packageVersion(): string {
  const file = readFileSync(inProject("package.json"), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}
