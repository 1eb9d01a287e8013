import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { SettingSchema } from "../../../../src/server/wire.ts";
import { useText } from "../../services.ts";
import type { SettingKind } from "./kind.ts";

interface Described {
  label: string;
  help: ComponentChildren;
  error: string | undefined;
}

interface ControlProps {
  attributes: { id: string; "aria-describedby": string; "aria-invalid": boolean };
  setting: SettingKind & { optional: boolean };
  schema: SettingSchema;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** The input for one value. Left empty it means the default, which null stands for in a change of the settings. */
export function Control({ attributes, setting, schema, value, onChange }: ControlProps) {
  const text = useText();
  const placeholder = placeholderOf(schema);
  switch (setting.kind) {
    case "choice": {
      const words = setting.words;
      const onSelect = (chosen: string): void =>
        onChange(words.find((word) => String(word) === chosen) ?? null);
      return (
        <select
          {...attributes}
          value={String(value ?? "")}
          onChange={({ currentTarget }) => onSelect(currentTarget.value)}
        >
          {setting.optional && <option value="">{text.settings.none}</option>}
          {words.map((word) => (
            <option key={word} value={String(word)}>
              {word}
            </option>
          ))}
        </select>
      );
    }
    case "number":
      return (
        <input
          {...attributes}
          type="number"
          step={schema.multipleOf ?? (setting.whole ? 1 : "any")}
          min={schema.minimum}
          max={schema.maximum}
          value={typeof value === "number" ? value : ""}
          placeholder={placeholder}
          onInput={({ currentTarget }) =>
            onChange(currentTarget.value === "" ? null : currentTarget.valueAsNumber)
          }
        />
      );
    case "secret":
      return (
        <input
          {...attributes}
          type="password"
          autocomplete="new-password"
          value={value === "set" || typeof value !== "string" ? "" : value}
          placeholder={value === "set" ? text.settings.secretSet : text.settings.secretUnset}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
    case "lines":
      return (
        <Rewritten
          attributes={attributes}
          rows={3}
          written={Array.isArray(value) ? value.join("\n") : ""}
          onChange={(lines) => onChange(splitList(lines, "\n"))}
        />
      );
    case "numbers":
      return (
        <Rewritten
          attributes={attributes}
          rows={1}
          written={Array.isArray(value) ? value.join(", ") : ""}
          onChange={(list) => {
            const parts = splitList(list, ",");
            onChange(parts.length === 0 && setting.optional ? null : parts.map(numberOrText));
          }}
        />
      );
    case "json":
      return (
        <Rewritten
          attributes={attributes}
          rows={4}
          written={JSON.stringify(value ?? null)}
          onChange={(json) => onChange(parsedOrText(json))}
        />
      );
    default:
      return (
        <input
          {...attributes}
          value={typeof value === "string" ? value : ""}
          placeholder={placeholder}
          maxLength={schema.maxLength}
          // A browser would take a name beside a password for that of whoever signs in here.
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) =>
            onChange(currentTarget.value === "" && (schema.minLength ?? 0) > 0 ? null : currentTarget.value)
          }
        />
      );
  }
}

function placeholderOf({ default: fallback, anyOf, examples }: SettingSchema): string | undefined {
  const example = examples?.[0] ?? anyOf?.flatMap((each) => each.examples ?? [])[0];
  const shown = fallback ?? example;
  return typeof shown === "string" || typeof shown === "number" ? String(shown) : undefined;
}

interface RewrittenProps {
  attributes: ControlProps["attributes"];
  rows: number;
  written: string;
  onChange: (text: string) => void;
}

/** A text that stands for another value: what is typed stays as it is until the field is left. */
function Rewritten({ attributes, rows, written, onChange }: RewrittenProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <textarea
      {...attributes}
      rows={rows}
      spellcheck={false}
      value={typed ?? written}
      onInput={({ currentTarget }) => {
        setTyped(currentTarget.value);
        onChange(currentTarget.value);
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

function splitList(text: string, separator: string): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** What is no number goes to the camera as it is, which says so. */
function numberOrText(text: string): number | string {
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function parsedOrText(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

/** Yes or no. */
export function Switch(props: Described & { value: unknown; onChange: (value: boolean) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          role="switch"
          checked={props.value === true}
          aria-checked={props.value === true}
          aria-describedby={id}
          aria-invalid={props.error !== undefined}
          onChange={({ currentTarget }) => props.onChange(currentTarget.checked)}
        />
        {props.label}
      </label>
      <Notes id={id} {...props} />
    </div>
  );
}

interface ChoicesProps extends Described {
  words: readonly (string | number)[];
  value: unknown;
  onChange: (value: readonly (string | number)[]) => void;
}

/** Some of a few words. */
export function Choices({ words, value, onChange, ...described }: ChoicesProps) {
  const id = useId();
  const chosen: readonly unknown[] = Array.isArray(value) ? value : [];
  return (
    <fieldset class="field checks" aria-describedby={id}>
      <legend>{described.label}</legend>
      {words.map((word) => (
        <label key={word} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(word)}
            onChange={({ currentTarget }) =>
              onChange(
                words.filter((each) => (each === word ? currentTarget.checked : chosen.includes(each))),
              )
            }
          />
          {word}
        </label>
      ))}
      <Notes id={id} {...described} />
    </fieldset>
  );
}

/** What is wrong with a setting, and what it is about. */
export function Notes({ id, help, error }: Omit<Described, "label"> & { id: string }) {
  return (
    <div id={id} class="notes">
      {error !== undefined && <p class="field-error">{error}</p>}
      <p class="help">{help}</p>
    </div>
  );
}
