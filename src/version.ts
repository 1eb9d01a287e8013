import { readFileSync } from "node:fs";

/** The version of package.json, which lies one folder above src as above dist. */
export function packageVersion(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}
