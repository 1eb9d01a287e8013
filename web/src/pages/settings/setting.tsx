import { useContext } from "preact/hooks";
import type { SettingSchema } from "../../../../src/server/wire.ts";
import { Field } from "../../parts/field.tsx";
import { addressOf } from "../../router.ts";
import { useText } from "../../services.ts";
import { Choices, Control, Switch } from "./controls.tsx";
import { isTree } from "./draft.ts";
import { SettingsFormContext } from "./form-context.ts";
import { kindOfSetting } from "./kind.ts";
import { ListSetting, type SettingProps, TableSetting } from "./lists.tsx";
import { Described, inWords } from "./words.tsx";

/** One setting, in whatever form it is asked for. */
export function Setting({ path, schema, value }: SettingProps) {
  const text = useText();
  const { errors, change } = useContext(SettingsFormContext);
  const key = path.join(".");
  const label = inWords(path.at(-1)!);
  const error = errors.get(key) ?? errorInside(errors, key, schema);
  if (key === "alarm.zones") {
    return (
      <div class="field">
        <p class="label">{label}</p>
        <p>
          <a href={addressOf("zones")}>{text.settings.toZones}</a>
        </p>
        {error && <p class="field-error">{error}</p>}
      </div>
    );
  }
  const setting = kindOfSetting(schema);
  const help = <Help schema={schema} />;
  const common = { label, help, error };
  switch (setting.kind) {
    case "group":
      return (
        <fieldset class="group">
          <legend>{label}</legend>
          {Object.entries(setting.properties).map(([name, property]) => (
            <Setting
              key={name}
              path={[...path, name]}
              schema={property}
              value={isTree(value) ? value[name] : undefined}
            />
          ))}
        </fieldset>
      );
    case "list":
      return <ListSetting path={path} items={setting.items} value={value} part={Setting} {...common} />;
    case "table":
      return <TableSetting path={path} values={setting.values} value={value} part={Setting} {...common} />;
    case "choices":
      return (
        <Choices words={setting.words} value={value} onChange={(next) => change(path, next)} {...common} />
      );
    case "switch":
      return <Switch value={value} onChange={(next) => change(path, next)} {...common} />;
    default:
      return (
        <Field {...common}>
          {(attributes) => (
            <Control
              attributes={attributes}
              setting={setting}
              schema={schema}
              value={value}
              onChange={(next) => change(path, next)}
            />
          )}
        </Field>
      );
  }
}

/** Of what has no field of its own, such as the third number of a list. */
function errorInside(
  errors: ReadonlyMap<string, string>,
  key: string,
  schema: SettingSchema,
): string | undefined {
  const { kind } = kindOfSetting(schema);
  if (kind === "group" || kind === "list") return undefined;
  return [...errors].find(([path]) => path.startsWith(`${key}.`))?.[1];
}

function Help({ schema }: { schema: SettingSchema }) {
  const text = useText();
  const { description = "", default: fallback } = schema;
  const isShort = ["string", "number", "boolean"].includes(typeof fallback);
  return (
    <>
      <Described text={description} />
      {isShort && fallback !== "" && ` ${text.settings.default(String(fallback))}`}
    </>
  );
}
