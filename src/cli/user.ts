import { stat } from "node:fs/promises";
import { accessFolder, setupCodeIn, usersIn } from "../auth/access-control.ts";
import { loadConfig } from "../config/load.ts";
import { messageOf, XnorcamError } from "../errors.ts";
import { defineCommand } from "./command.ts";

export const user = defineCommand({
  options: {
    config: { type: "text", value: "FILE", description: "Config file, .toml or .json" },
    "data-dir": { type: "text", value: "DIR", description: "Folder for what the camera keeps" },
  },
  positionals: { name: "list|reset", min: 1, max: 1 },
  async run({ values, positionals: [action] }) {
    const overrides = { dataDir: values["data-dir"] };
    const { dataDir } = loadConfig({ file: values.config, overrides, env: process.env });
    switch (action) {
      case "list":
        console.log(await listed(dataDir));
        return 0;
      case "reset":
        console.log(await reset(dataDir));
        return 0;
      default:
        throw new XnorcamError("XC_USAGE", `user can do "list" and "reset", not "${action}"`);
    }
  },
});

async function listed(dataDir: string): Promise<string> {
  const users = usersIn(accessFolder(dataDir));
  await users.load();
  if (users.all.length === 0) return `nobody can sign in yet with what is in ${dataDir}`;
  return users.all.map(({ name, role, since }) => `${name}, ${role}, since ${since}`).join("\n");
}

/** For whoever has forgotten his password, and has the device in hand. */
async function reset(dataDir: string): Promise<string> {
  const folder = await stat(dataDir).catch(() => null);
  if (!folder?.isDirectory()) {
    throw new XnorcamError(
      "XC_DATA_DIR",
      `there is no data folder ${dataDir}; name the one of the camera with --data-dir, XNORCAM_DATA_DIR or dataDir`,
    );
  }
  const setupCode = setupCodeIn(accessFolder(dataDir));
  try {
    return `${await setupCode.make()}\nOpen the dashboard within an hour, signed out, and set a name and a password with this code.`;
  } catch (error) {
    throw new XnorcamError(
      "XC_ACCESS_FILE",
      `${setupCode.path} can't be written: ${messageOf(error)}; run this as the user of the camera, or as root`,
      { cause: error },
    );
  }
}
