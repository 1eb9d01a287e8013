import { KindGuard, type TSchema } from "@sinclair/typebox";
import { expect, test } from "vitest";
import { expectedBy } from "../../src/config/expected.ts";
import { configSchema } from "../../src/config/schema.ts";

test("docs/settings.md says of each key what the schema says (npx vitest run -u writes it)", async () => {
  await expect(settingsPage()).toMatchFileSnapshot("../../docs/settings.md");
});

function settingsPage(): string {
  const rows = rowsOf("", configSchema);
  return `# Settings

Settings are read from a \`.toml\` file, or a \`.json\` file that may have comments (\`//\` and \`/* */\`):
\`xnorcam run --config camera.toml\`, or the environment variable \`XNORCAM_CONFIG\`, or else \`xnorcam.toml\` in the data
folder. Every key may be left out. Paths in the file are relative to the file's own folder; a leading \`~/\` is the home
folder. Everything that is wrong with a file is told at once, each with its line;
\`xnorcam doctor --config camera.toml\` checks it against this machine, too.

What is changed on the settings page is written into the file: only the keys that change, so that comments and order
stay as you wrote them. Where that is impossible the file is written anew, without comments, and what it was is kept
beside it with \`.bak\` at the end of its name.

\`\`\`toml
dataDir = "/var/lib/xnorcam"

[camera]
fps = 4

[alarm]
classes = ["handgun", "rifle"]
k = 2
n = 4

[[outputs]]
gpio = 17
activeLow = true
\`\`\`

| Key | Default | Expected | Meaning |
|---|---|---|---|
${rows.join("\n")}
`;
}

function rowsOf(prefix: string, schema: TSchema): string[] {
  if (!KindGuard.IsObject(schema)) return [];
  return Object.entries<TSchema>(schema.properties).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    if (KindGuard.IsObject(value)) return rowsOf(`${path}.`, value);
    if (KindGuard.IsArray(value) && KindGuard.IsObject(value.items)) {
      return [row(path, value), ...rowsOf(`${path}[].`, value.items)];
    }
    return [row(path, value)];
  });
}

function row(path: string, schema: TSchema): string {
  const fallback = schema.default ?? null;
  const shown = fallback === null ? "none" : `\`${JSON.stringify(fallback)}\``;
  return `| \`${path}\` | ${shown} | ${expectedBy(schema)} | ${schema.description} |`;
}
