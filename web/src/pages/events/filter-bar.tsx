import type { EventSummary } from "../../../../src/server/wire.ts";
import { ChoiceField, Field } from "../../parts/field.tsx";
import { addressOf } from "../../router.ts";
import { useServices, useText } from "../../services.ts";
import { mayChange } from "../../session.ts";
import { useStore } from "../../store.ts";
import { useZones } from "../live/use-zones.ts";
import { type EventFilter, isNarrow, writeFilter } from "./filter.ts";

/** Narrows the list; what is chosen goes into the page's address. */
export function FilterBar({ filter, known }: { filter: EventFilter; known: readonly EventSummary[] }) {
  const text = useText();
  const { feed, session } = useServices();
  const classes = useStore(feed.status)?.model.classes ?? [];
  const zones = useZones(mayChange(useStore(session.access)));
  const change = (part: Partial<EventFilter>): void => {
    location.hash = addressOf("events", "", writeFilter({ ...filter, ...part }));
  };
  const zoneNames = [...zones.map(({ name }) => name), ...known.flatMap((event) => event.zones)];
  return (
    <details class="filters" open={isNarrow(filter) || innerWidth >= 900}>
      <summary>{text.events.filter}</summary>
      <div class="filter-fields">
        <ChoiceField
          label={text.events.kind}
          value={filter.kind}
          options={[["", text.events.any], ...Object.entries(text.kinds)]}
          onChange={(kind) => change({ kind })}
        />
        <ChoiceField
          label={text.events.class}
          value={filter.class}
          options={[["", text.events.any], ...options([...classes, filter.class], text.className)]}
          onChange={(label) => change({ class: label })}
        />
        <ChoiceField
          label={text.events.zone}
          value={filter.zone}
          options={[["", text.events.any], ...options([...zoneNames, filter.zone], (name) => name)]}
          onChange={(zone) => change({ zone })}
        />
        <DayField label={text.events.from} value={filter.from} onChange={(from) => change({ from })} />
        <DayField label={text.events.to} value={filter.to} onChange={(to) => change({ to })} />
        <label class="check">
          <input
            type="checkbox"
            checked={filter.pinned}
            onChange={({ currentTarget }) => change({ pinned: currentTarget.checked })}
          />
          {text.events.onlyPinned}
        </label>
      </div>
    </details>
  );
}

/** Each once, in the order of an alphabet, with what stands for it. */
function options(values: readonly string[], name: (value: string) => string): [string, string][] {
  const each = [...new Set(values)].filter((value) => value !== "").sort();
  return each.map((value) => [value, name(value)]);
}

function DayField(props: { label: string; value: string; onChange: (day: string) => void }) {
  return (
    <Field label={props.label}>
      {(attributes) => (
        <input
          {...attributes}
          type="date"
          value={props.value}
          onChange={({ currentTarget }) => props.onChange(currentTarget.value)}
        />
      )}
    </Field>
  );
}
