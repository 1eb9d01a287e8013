import type { ComponentChildren, ComponentType } from "preact";
import { useContext, useId, useState } from "preact/hooks";
import type { SettingSchema } from "../../../../src/server/wire.ts";
import { Icon } from "../../parts/icon.tsx";
import { useText } from "../../services.ts";
import { Notes } from "./controls.tsx";
import { initialValue, isTree, type Path } from "./draft.ts";
import { SettingsFormContext } from "./form-context.ts";

export interface SettingProps {
  path: Path;
  schema: SettingSchema;
  value: unknown;
}

interface ListProps {
  /** Shows one setting of an entry. */
  part: ComponentType<SettingProps>;
  path: Path;
  label: string;
  help: ComponentChildren;
  error: string | undefined;
  value: unknown;
}

/** Entries of several settings each. */
export function ListSetting({
  part: Part,
  path,
  items,
  value,
  ...described
}: ListProps & { items: SettingSchema }) {
  const text = useText();
  const id = useId();
  const { change } = useContext(SettingsFormContext);
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  return (
    <fieldset class="field list" aria-describedby={id}>
      <legend>{described.label}</legend>
      <Notes id={id} {...described} />
      {entries.map((entry, index) => (
        <div key={`${index}-${entries.length}`} class="entry">
          <header>
            <strong>{text.settings.entry(index + 1)}</strong>
            <button
              type="button"
              class="quiet"
              aria-label={text.settings.remove(index + 1)}
              onClick={() => change([...path, String(index)], undefined)}
            >
              <Icon name="trash" />
            </button>
          </header>
          {Object.entries(items.properties ?? {}).map(([name, property]) => (
            <Part
              key={name}
              path={[...path, String(index), name]}
              schema={property}
              value={isTree(entry) ? entry[name] : undefined}
            />
          ))}
        </div>
      ))}
      <button type="button" onClick={() => change(path, [...entries, initialValue(items)])}>
        <Icon name="plus" />
        {text.settings.add}
      </button>
    </fieldset>
  );
}

/** Names that people choose, and a number for each. */
export function TableSetting({
  part: Part,
  path,
  values,
  value,
  ...described
}: ListProps & { values: SettingSchema }) {
  const text = useText();
  const id = useId();
  const [name, setName] = useState("");
  const { change } = useContext(SettingsFormContext);
  const rows = isTree(value) ? Object.entries(value) : [];
  return (
    <fieldset class="field table" aria-describedby={id}>
      <legend>{described.label}</legend>
      <Notes id={id} {...described} />
      {rows.map(([key, each]) => (
        <div key={key} class="row">
          <Part path={[...path, key]} schema={values} value={each} />
          <button
            type="button"
            class="quiet"
            aria-label={text.settings.removeNamed(key)}
            onClick={() => change([...path, key], undefined)}
          >
            <Icon name="trash" />
          </button>
        </div>
      ))}
      <div class="row">
        <input
          aria-label={text.settings.newName}
          placeholder={text.settings.newName}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <button
          type="button"
          disabled={name.trim() === ""}
          onClick={() => {
            change([...path, name.trim()], initialValue(values));
            setName("");
          }}
        >
          <Icon name="plus" />
          {text.settings.add}
        </button>
      </div>
    </fieldset>
  );
}
