import { defineCommand, usage } from "./command.ts";
import { exportModel } from "./model/export.ts";
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
    onnx: { type: "text", value: "FILE", description: "export: where the network goes as ONNX" },
    "float-twin": {
      type: "flag",
      description: "export: real values where the network has signs and bytes",
    },
  },
  positionals: { name: "info FILE|import|export FILE", min: 1, max: 2 },
  async run({ values, positionals: [action, path] }) {
    switch (action) {
      case "info":
        console.log(modelInfo(needed(path, "info FILE"), values.json ?? false));
        return 0;
      case "export": {
        const out = needed(values.onnx, "--onnx FILE");
        const floatTwin = values["float-twin"] ?? false;
        console.log(exportModel(needed(path, "export FILE"), out, { floatTwin }));
        return 0;
      }
      case "import": {
        if (path !== undefined) throw usage(`"${path}" is one word too many`);
        const cfg = needed(values.cfg, "--cfg FILE");
        const weights = needed(values.weights, "--weights FILE");
        const names = needed(values.names, "--names FILE");
        console.log(modelInfo(await importModel({ cfg, weights, names }, values), false));
        return 0;
      }
      default:
        throw usage(`model can do "export", "import" and "info", not "${action}"`);
    }
  },
});

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw usage(`${what} is missing`);
  return value;
}
