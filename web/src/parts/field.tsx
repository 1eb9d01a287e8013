import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  help?: ComponentChildren;
  error?: string | undefined;
  /** The control; it takes these attributes, so that label, help and error belong to it. */
  children: (attributes: {
    id: string;
    "aria-describedby": string;
    "aria-invalid": boolean;
  }) => ComponentChildren;
}

/** A control with its label, a line of help, and what is wrong with it. */
export function Field({ label, help, error, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": noteId, "aria-invalid": error !== undefined })}
      <div id={noteId} class="notes">
        {error !== undefined && <p class="field-error">{error}</p>}
        {help && <p class="help">{help}</p>}
      </div>
    </div>
  );
}

interface TextFieldProps {
  label: string;
  help?: string;
  type?: "text" | "password";
  value: string;
  autocomplete?: string;
  required?: boolean;
  onChange: (value: string) => void;
}

/** A line of text, a secret one perhaps. */
export function TextField({ label, help, type, value, onChange, ...input }: TextFieldProps) {
  return (
    <Field label={label} help={help}>
      {(attributes) => {
        const all = {
          ...attributes,
          ...input,
          value,
          onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onChange(currentTarget.value),
        };
        return type === "password" ? <input {...all} type="password" /> : <input {...all} type="text" />;
      }}
    </Field>
  );
}

interface ChoiceFieldProps {
  label: string;
  value: string;
  /** Values, and what stands for each. */
  options: readonly (readonly [value: string, name: string])[];
  onChange: (value: string) => void;
}

/** One of a few. */
export function ChoiceField({ label, value, options, onChange }: ChoiceFieldProps) {
  return (
    <Field label={label}>
      {(attributes) => (
        <select {...attributes} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          {options.map(([each, name]) => (
            <option key={each} value={each}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
