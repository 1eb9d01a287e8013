import type { SettingSchema } from "../../../../src/server/wire.ts";
import { useText } from "../../services.ts";
import type { Path } from "./draft.ts";
import { Setting } from "./setting.tsx";
import { Described } from "./words.tsx";

type Tree = Record<string, unknown>;

interface SectionListProps {
  schema: SettingSchema;
  values: Tree;
  saved: Tree;
  errors: ReadonlyMap<string, string>;
}

/** A part of the form that opens and closes. */
interface Section {
  /** "" for settings that belong to no group. */
  name: string;
  schema: SettingSchema;
  settings: readonly { path: Path; schema: SettingSchema }[];
}

/** The groups of the schema, each to open and close. */
export function SectionList({ schema, values, saved, errors }: SectionListProps) {
  const text = useText();
  return (
    <>
      {sectionsOf(schema).map(({ name, schema: own, settings }) => {
        const keys = settings.map(({ path }) => path[0]!);
        const isChanged = keys.some((key) => JSON.stringify(values[key]) !== JSON.stringify(saved[key]));
        const wrong = [...errors.keys()].filter((path) => keys.includes(path.split(".")[0]!)).length;
        return (
          <details key={name} class="card" open={wrong > 0 || undefined}>
            <summary>
              <h2>{text.settings.section(name)}</h2>
              {wrong > 0 && <span class="badge failed">{text.settings.wrong(wrong)}</span>}
              {wrong === 0 && isChanged && <span class="badge">{text.settings.changedBadge}</span>}
              {own.description && (
                <p>
                  <Described text={own.description} />
                </p>
              )}
            </summary>
            {settings.map(({ path, schema: setting }) => (
              <Setting key={path.join(".")} path={path} schema={setting} value={valueAt(values, path)} />
            ))}
          </details>
        );
      })}
    </>
  );
}

function sectionsOf({ properties = {} }: SettingSchema): Section[] {
  const loose: Section = { name: "", schema: {}, settings: [] };
  const sections: Section[] = [];
  const alone: Section["settings"][number][] = [];
  for (const [name, schema] of Object.entries(properties)) {
    if (schema.properties) {
      const settings = Object.entries(schema.properties).map(([key, each]) => ({
        path: [name, key],
        schema: each,
      }));
      sections.push({ name, schema, settings });
    } else if (schema.type === "array") {
      sections.push({ name, schema, settings: [{ path: [name], schema }] });
    } else if (schema.minimum === undefined || schema.minimum !== schema.maximum) {
      // What can have one value only, as the version of the settings, is no question.
      alone.push({ path: [name], schema });
    }
  }
  return alone.length === 0 ? sections : [...sections, { ...loose, settings: alone }];
}

function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Tree | undefined)?.[step], values);
}
