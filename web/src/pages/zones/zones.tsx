import "../../style/zones.css";
import type { SettingsState } from "../../../../src/server/wire.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { FailedToLoad, Loading } from "../../parts/notices.tsx";
import { useText } from "../../services.ts";
import { zonesOf } from "../live/use-zones.ts";
import { ZoneEditor } from "./zone-editor.tsx";

/** Which parts of the picture matter. */
export function Zones() {
  const text = useText();
  const answer = useAnswer<SettingsState>("/settings");
  return (
    <>
      <h1>{text.pages.zones}</h1>
      <p class="intro">{text.zones.intro}</p>
      {answer.state === "loading" && <Loading />}
      {answer.state === "failed" && <FailedToLoad error={answer.error} reload={answer.reload} />}
      {answer.state === "ready" && <ZoneEditor saved={zonesOf(answer.data)} onSaved={answer.reload} />}
    </>
  );
}
