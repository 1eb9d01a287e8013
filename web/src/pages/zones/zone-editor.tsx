import { useState } from "preact/hooks";
import type { Point } from "../../../../src/polygon.ts";
import type { SettingsChange } from "../../../../src/server/wire.ts";
import { useAction } from "../../api/use-answer.ts";
import type { Zone } from "../../live/zones.ts";
import { Icon } from "../../parts/icon.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";
import { freeName, mostZones, problemOf } from "./shape.ts";
import { Stage } from "./stage.tsx";
import { ZoneForm } from "./zone-form.tsx";

/** In the middle of the picture, for who can't draw or doesn't want to. */
const rectangle: readonly Point[] = [
  [0.3, 0.3],
  [0.7, 0.3],
  [0.7, 0.7],
  [0.3, 0.7],
];

/** The zones of the settings, until they are saved a copy of them. */
export function ZoneEditor({ saved, onSaved }: { saved: readonly Zone[]; onSaved: () => void }) {
  const { api } = useServices();
  const text = useText();
  const [zones, setZones] = useState(saved);
  const [selected, setSelected] = useState(saved.length > 0 ? 0 : -1);
  /** Corners of the zone that is being drawn; null while none is. */
  const [drawn, setDrawn] = useState<readonly Point[] | null>(null);
  const [isSaved, setIsSaved] = useState(false);
  const save = useAction(async () => {
    await api.send<SettingsChange>("PATCH", "/settings", { alarm: { zones } });
    setIsSaved(true);
    onSaved();
  });

  const edit = (next: readonly Zone[]): void => {
    setIsSaved(false);
    setZones(next);
  };
  const add = (points: readonly Point[]): void => {
    const zone: Zone = {
      name: freeName(zones, text.zones.name),
      kind: "watch",
      points,
      modes: ["away", "home"],
    };
    edit([...zones, zone]);
    setSelected(zones.length);
    setDrawn(null);
  };
  const zone = zones[selected];
  const isChanged = JSON.stringify(zones) !== JSON.stringify(saved);
  const canAdd = zones.length < mostZones;
  return (
    <div class="zone-editor">
      <Stage
        zones={zones}
        selected={selected}
        drawn={drawn}
        onChange={(next) => edit(zones.with(selected, next))}
        onSelect={setSelected}
        onDraw={setDrawn}
        onFinish={add}
      />
      <div class="zone-side">
        <div class="actions">
          {drawn === null ? (
            <>
              <button type="button" class="primary" disabled={!canAdd} onClick={() => setDrawn([])}>
                <Icon name="zones" />
                {text.zones.draw}
              </button>
              <button type="button" disabled={!canAdd} onClick={() => add(rectangle)}>
                <Icon name="plus" />
                {text.zones.addRectangle}
              </button>
            </>
          ) : (
            <>
              <button type="button" class="primary" disabled={drawn.length < 3} onClick={() => add(drawn)}>
                {text.zones.finish}
              </button>
              <button type="button" onClick={() => setDrawn(null)}>
                {text.cancel}
              </button>
            </>
          )}
        </div>
        <p class="help" role="status">
          {drawn === null
            ? zones.length === 0
              ? text.zones.none
              : text.zones.keys
            : text.zones.drawing(drawn.length)}
        </p>
        {zones.length > 0 && (
          <ul class="zone-list">
            {zones.map((each, index) => (
              <li key={`${index}-${each.kind}`}>
                <button
                  type="button"
                  aria-pressed={index === selected}
                  data-kind={each.kind}
                  onClick={() => setSelected(index)}
                >
                  <span class="swatch" />
                  {each.name || text.zones.unnamed}
                  <small>{text.zones.kinds[each.kind]}</small>
                </button>
              </li>
            ))}
          </ul>
        )}
        {zone && (
          <ZoneForm
            zone={zone}
            onChange={(next) => edit(zones.with(selected, next))}
            onDelete={() => {
              edit(zones.toSpliced(selected, 1));
              setSelected(Math.min(selected, zones.length - 2));
            }}
          />
        )}
        <ErrorNotice error={save.error} />
        <div class="actions save">
          <button
            type="button"
            class="primary"
            disabled={!isChanged || save.busy || zones.some((each) => problemOf(each) !== null)}
            onClick={save.run}
          >
            {text.save}
          </button>
          {isChanged && (
            <button type="button" onClick={() => edit(saved)}>
              {text.discard}
            </button>
          )}
          <p role="status">{isSaved && !isChanged && text.saved}</p>
        </div>
      </div>
    </div>
  );
}
