import type { Zone } from "../../live/zones.ts";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { ChoiceField, Field } from "../../parts/field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useText } from "../../services.ts";
import { problemOf } from "./shape.ts";

const modes = ["away", "home"] as const;

interface ZoneFormProps {
  zone: Zone;
  onChange: (zone: Zone) => void;
  onDelete: () => void;
}

/** Everything of a zone but its outline. */
export function ZoneForm({ zone, onChange, onDelete }: ZoneFormProps) {
  const text = useText();
  const problem = problemOf(zone);
  return (
    <section class="card zone-form" aria-label={zone.name}>
      <Field label={text.zones.nameLabel} error={problem === "name" ? text.zones.problems.name : undefined}>
        {(attributes) => (
          <input
            {...attributes}
            maxLength={40}
            value={zone.name}
            onInput={({ currentTarget }) => onChange({ ...zone, name: currentTarget.value })}
          />
        )}
      </Field>
      <ChoiceField
        label={text.zones.kindLabel}
        value={zone.kind}
        options={Object.entries(text.zones.kindsLong)}
        onChange={(kind) => onChange({ ...zone, kind: kind === "ignore" ? "ignore" : "watch" })}
      />
      <fieldset class="checks">
        <legend>{text.zones.modes}</legend>
        {modes.map((mode) => (
          <label key={mode} class="check">
            <input
              type="checkbox"
              checked={zone.modes.includes(mode)}
              onChange={({ currentTarget }) =>
                onChange({
                  ...zone,
                  modes: modes.filter((each) =>
                    each === mode ? currentTarget.checked : zone.modes.includes(each),
                  ),
                })
              }
            />
            {text.modes[mode]}
          </label>
        ))}
      </fieldset>
      {problem !== null && problem !== "name" && (
        <p class="field-error" role="alert">
          {text.zones.problems[problem]}
        </p>
      )}
      <ConfirmButton
        class="danger"
        label={text.zones.delete}
        icon={<Icon name="trash" />}
        question={text.zones.deleteQuestion(zone.name)}
        onConfirm={onDelete}
      />
    </section>
  );
}
