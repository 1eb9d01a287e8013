import "../../style/live.css";
import { useServices, useText } from "../../services.ts";
import { mayChange } from "../../session.ts";
import { useStore } from "../../store.ts";
import { AlarmPanel } from "./alarm-panel.tsx";
import { Outputs } from "./outputs.tsx";
import { Picture } from "./picture.tsx";
import { Recent } from "./recent.tsx";
import { SeenNow } from "./seen-now.tsx";
import { useZones } from "./use-zones.ts";

/** The picture, what the alarm does, and what was seen. */
export function Live() {
  const text = useText();
  const { session, feed } = useServices();
  const access = useStore(session.access);
  const status = useStore(feed.status);
  const zones = useZones(mayChange(access));
  return (
    <>
      <h1 class="hidden">{text.pages.live}</h1>
      <AlarmPanel mayChange={mayChange(access)} />
      <Picture zones={zones} caption={status?.camera.description ?? ""} />
      <div class="cards">
        <SeenNow weapons={status?.model.weapons ?? []} />
        <Recent />
        <Outputs outputs={status?.outputs ?? []} />
      </div>
    </>
  );
}
