import { XnorcamError } from "../errors.ts";
import { defineCommand } from "./command.ts";
import { importModel } from "./model/import.ts";
import { modelInfo } from "./model/info.ts";

export const model = defineCommand({
  options: {
    json: { type: "flag", description: "info: one line of JSON" },
    cfg: { type: "text", value: "FILE", description: "import: the layers of a network of Darknet's, .cfg" },
    weights: { type: "text", value: "FILE", description: "import: its weights" },
    names: { type: "text", value: "FILE", description: "import: its classes, a line each" },
    weapons: {
      type: "text",
      value: "CLASS,…",
      description: "import: classes that raise an alarm by default; without it, none",
    },
    out: {
      type: "text",
      value: "FILE",
      description: "import: where the model goes; without it, here, under the name of the cfg",
    },
  },
  positionals: { name: "info FILE|import", min: 1, max: 2 },
  async run({ values, positionals: [action, path] }) {
    if (action === "info" && path !== undefined) {
      console.log(modelInfo(path, values.json ?? false));
      return 0;
    }
    const { cfg, weights, names } = values;
    if (action === "import" && path === undefined) {
      if (cfg === undefined || weights === undefined || names === undefined) {
        throw usage("model import needs --cfg, --weights and --names");
      }
      const out = await importModel({ cfg, weights, names }, values);
      console.log(modelInfo(out, false));
      return 0;
    }
    if (action !== "info" && action !== "import") {
      throw usage(`model can do "import" and "info", not "${action}"`);
    }
    throw usage(action === "info" ? "info FILE is missing" : `"${path}" is one word too many`);
  },
});

function usage(message: string): XnorcamError {
  return new XnorcamError("XC_USAGE", message);
}
