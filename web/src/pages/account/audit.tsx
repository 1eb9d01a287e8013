import { useState } from "preact/hooks";
import type { AuditPage } from "../../../../src/server/wire.ts";
import { useAction, useAnswer } from "../../api/use-answer.ts";
import { ErrorNotice, FailedToLoad, Loading } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";

const path = "/audit?limit=30";

/** Who did what. */
export function Audit() {
  const text = useText();
  const answer = useAnswer<AuditPage>(path);
  return (
    <section class="card audit" aria-labelledby="audit-title">
      <h2 id="audit-title">{text.account.audit}</h2>
      {answer.state === "loading" && <Loading />}
      {answer.state === "failed" && <FailedToLoad error={answer.error} reload={answer.reload} />}
      {answer.state === "ready" && <Entries first={answer.data} />}
    </section>
  );
}

function Entries({ first }: { first: AuditPage }) {
  const text = useText();
  const { api } = useServices();
  const [{ entries, next }, setPage] = useState(first);
  const load = useAction(async () => {
    const older = await api.get<AuditPage>(`${path}&before=${encodeURIComponent(String(next))}`);
    setPage({ entries: [...entries, ...older.entries], next: older.next });
  });
  return (
    <>
      <ol>
        {entries.map(({ time, who, address, action, detail }, index) => (
          <li key={index}>
            <time dateTime={time}>{text.dateTime(new Date(time))}</time>
            <span>
              <strong>{action}</strong> {detail}
              <small>{[who, address].filter(Boolean).join(", ")}</small>
            </span>
          </li>
        ))}
      </ol>
      <ErrorNotice error={load.error} />
      {next !== null && (
        <button type="button" class="more" disabled={load.busy} onClick={load.run}>
          {text.events.more}
        </button>
      )}
    </>
  );
}
