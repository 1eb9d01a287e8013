import { useEffect, useState } from "preact/hooks";
import type { AlarmNews } from "../../../../src/server/wire.ts";
import { useAction } from "../../api/use-answer.ts";
import type { Dictionary } from "../../i18n/en.ts";
import type { KnownAlarm } from "../../live/live-feed.ts";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";

const modes = ["away", "home", "off"] as const;

/** How the alarm stands, and what people may do about it. */
export function AlarmPanel({ mayChange }: { mayChange: boolean }) {
  const text = useText();
  const alarm = useStore(useServices().feed.alarm);
  return (
    <section id="alarm" aria-label={text.phases.alarm} data-state={stateOf(alarm)}>
      <div class="alarm-words">
        <p id="alarm-state" role="alert">
          {alarm === null ? text.live.noConnection : text.phases[alarm.news.phase]}
        </p>
        <p id="alarm-detail">{alarm === null ? text.live.worksAlone : <Detail alarm={alarm} />}</p>
      </div>
      {mayChange && <Controls news={alarm?.news ?? null} />}
    </section>
  );
}

function stateOf(alarm: KnownAlarm | null): "unknown" | "on" | "off" | "pending" | "quiet" {
  if (alarm === null) return "unknown";
  if (alarm.news.active) return "on";
  if (alarm.news.phase === "pending" || alarm.news.phase === "arming") return "pending";
  return alarm.news.mode === "off" ? "off" : "quiet";
}

/** Between two messages the page counts by itself. */
function Detail({ alarm }: { alarm: KnownAlarm }) {
  const text = useText();
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const { news, atMs } = alarm;
  if (!news.active || news.offInMs === null) return <>{news.reason ?? quietDetail(news, text)}</>;
  const leftMs = Math.max(0, atMs + news.offInMs - now);
  return <>{text.live.offIn(news.reason ?? "", Math.ceil(leftMs / 1000))}</>;
}

function quietDetail({ mode }: AlarmNews, text: Dictionary): string {
  return mode === "off" ? text.live.disarmed : text.live.nothingInSight(text.modes[mode]);
}

function Controls({ news }: { news: AlarmNews | null }) {
  const { api } = useServices();
  const text = useText();
  const mode = useAction(
    async (chosen: string) => void (await api.send("POST", "/alarm/mode", { mode: chosen })),
  );
  const acknowledge = useAction(async () => void (await api.send("POST", "/alarm/acknowledge")));
  const test = useAction(async () => void (await api.send("POST", "/alarm/test")));
  return (
    <div class="alarm-controls">
      {news?.active && (
        <button type="button" class="primary" disabled={acknowledge.busy} onClick={acknowledge.run}>
          <Icon name="check" />
          {text.live.acknowledge}
        </button>
      )}
      <fieldset class="segments" disabled={news === null || mode.busy}>
        <legend class="hidden">{text.live.mode}</legend>
        {modes.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="mode"
              value={each}
              checked={news?.mode === each}
              onChange={() => mode.run(each)}
            />
            <span>{text.modes[each]}</span>
          </label>
        ))}
      </fieldset>
      <ConfirmButton
        label={text.live.test}
        icon={<Icon name="bell" />}
        question={text.live.testQuestion}
        detail={text.live.testDetail}
        disabled={news === null || test.busy}
        onConfirm={test.run}
      />
      <ErrorNotice error={mode.error ?? acknowledge.error ?? test.error} />
    </div>
  );
}
