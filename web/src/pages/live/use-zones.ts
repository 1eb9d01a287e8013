import type { SettingsState } from "../../../../src/server/wire.ts";
import { useAnswer } from "../../api/use-answer.ts";
import type { Zone } from "../../live/zones.ts";

/** The zones of the settings; none for who may not read those. */
export function useZones(mayRead: boolean): readonly Zone[] {
  const { data } = useAnswer<SettingsState>(mayRead ? "/settings" : null);
  return zonesOf(data);
}

export function zonesOf(settings: SettingsState | null): readonly Zone[] {
  const alarm = settings?.values.alarm as { zones?: readonly Zone[] } | undefined;
  return alarm?.zones ?? none;
}

const none: readonly Zone[] = [];
