import "../../style/events.css";
import "../../style/player.css";
import { useEffect, useState } from "preact/hooks";
import type { EventAnswer, EventSummary } from "../../../../src/server/wire.ts";
import { useAction, useAnswer } from "../../api/use-answer.ts";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { Field } from "../../parts/field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Empty, ErrorNotice, explain, Loading } from "../../parts/notices.tsx";
import { addressOf, type Route } from "../../router.ts";
import { useServices, useText } from "../../services.ts";
import { mayChange } from "../../session.ts";
import { useStore } from "../../store.ts";
import { Player } from "./player.tsx";

type Change = Partial<Pick<EventSummary, "pinned" | "acknowledged" | "note">>;

/** One event: what was recorded of it, why the alarm decided as it did, and what people make of it. */
export function EventPlayerPage({ route }: { route: Route }) {
  const text = useText();
  const { feed } = useServices();
  const path = `/events/${encodeURIComponent(route.item)}`;
  const answer = useAnswer<EventAnswer>(path);
  const { reload } = answer;
  useEffect(
    () =>
      feed.event.subscribe((event) => {
        if (event?.id === route.item) reload();
      }),
    [feed, route.item, reload],
  );
  return (
    <>
      <p class="back">
        <a href={addressOf("events")}>
          <Icon name="back" />
          {text.events.all}
        </a>
      </p>
      {answer.state === "loading" && <Loading />}
      {answer.state === "failed" && (
        <Empty icon="warning" title={text.events.notThere}>
          <p>{explain(answer.error, text)}</p>
        </Empty>
      )}
      {answer.state === "ready" && <Details path={path} event={answer.data} reload={reload} />}
    </>
  );
}

function Details({ path, event, reload }: { path: string; event: EventAnswer; reload: () => void }) {
  const text = useText();
  const began = new Date(event.began);
  return (
    <div class="event">
      <header class="event-title">
        <h1>{event.labels.map(text.className).join(", ") || text.kinds[event.kind]}</h1>
        <p>
          <span class="badge" data-kind={event.kind}>
            {text.kinds[event.kind]}
          </span>{" "}
          <time dateTime={event.began}>{text.dateTime(began)}</time>
          {event.ended === null
            ? `, ${text.events.goesOn}`
            : `, ${text.seconds(Math.round((Date.parse(event.ended) - began.getTime()) / 1000))}`}
        </p>
      </header>
      <Player path={path} event={event} />
      <div class="cards">
        <section class="card" aria-labelledby="why-title">
          <h2 id="why-title">{text.events.why}</h2>
          <p>{event.reason}</p>
          <Decisions event={event} />
        </section>
        <Actions path={path} event={event} reload={reload} />
      </div>
    </div>
  );
}

function Decisions({ event: { decisions } }: { event: EventAnswer }) {
  const text = useText();
  if (decisions.length === 0) return null;
  return (
    <ol class="decisions">
      {decisions.map(({ at, reason, raises, trackId }) => (
        <li key={`${at}-${trackId}`} data-raises={raises}>
          <time dateTime={at}>{text.time(new Date(at))}</time>
          <span>
            {trackId !== null && <small>#{trackId} </small>}
            {reason}
          </span>
        </li>
      ))}
    </ol>
  );
}

function Actions({ path, event, reload }: { path: string; event: EventAnswer; reload: () => void }) {
  const { api, session } = useServices();
  const text = useText();
  const change = useAction(async (part: Change) => {
    await api.send("PATCH", path, part);
    reload();
  });
  const remove = useAction(async () => {
    await api.send("DELETE", path);
    location.hash = addressOf("events");
  });
  const isAllowed = mayChange(useStore(session.access));
  return (
    <section class="card" aria-labelledby="keep-title">
      <h2 id="keep-title">{text.events.keep}</h2>
      {isAllowed && (
        <div class="actions">
          {event.acknowledged ? (
            <p class="done">
              <Icon name="check" />
              {text.events.acknowledged}
            </p>
          ) : (
            <button
              type="button"
              class="primary"
              disabled={change.busy}
              onClick={() => change.run({ acknowledged: true })}
            >
              <Icon name="check" />
              {text.live.acknowledge}
            </button>
          )}
          <button
            type="button"
            aria-pressed={event.pinned}
            disabled={change.busy}
            onClick={() => change.run({ pinned: !event.pinned })}
          >
            <Icon name="pin" />
            {event.pinned ? text.events.unpin : text.events.pin}
          </button>
        </div>
      )}
      {isAllowed ? (
        <Note note={event.note} busy={change.busy} save={(note) => change.run({ note })} />
      ) : (
        event.note && <p>{event.note}</p>
      )}
      <ErrorNotice error={change.error ?? remove.error} />
      <div class="actions">
        <a class="button" href={`/api/v1${path}/export.zip`} download>
          <Icon name="download" />
          {text.events.export}
        </a>
        {event.mp4 && (
          // In a window of its own: while another clip is made one, the answer says so.
          <a class="button" href={`/api/v1${path}/clip.mp4`} target="_blank" rel="noopener">
            <Icon name="download" />
            {text.events.video}
          </a>
        )}
        {isAllowed && (
          <ConfirmButton
            class="danger"
            label={text.events.delete}
            icon={<Icon name="trash" />}
            question={text.events.deleteQuestion}
            detail={text.events.deleteDetail}
            disabled={remove.busy}
            onConfirm={remove.run}
          />
        )}
      </div>
    </section>
  );
}

function Note(props: { note: string; busy: boolean; save: (note: string) => void }) {
  const text = useText();
  const [note, setNote] = useState(props.note);
  return (
    <form
      class="note"
      onSubmit={(event) => {
        event.preventDefault();
        props.save(note);
      }}
    >
      <Field label={text.events.note}>
        {(attributes) => (
          <textarea
            {...attributes}
            rows={2}
            maxLength={1000}
            value={note}
            onInput={({ currentTarget }) => setNote(currentTarget.value)}
          />
        )}
      </Field>
      {note !== props.note && (
        <button type="submit" disabled={props.busy}>
          {text.save}
        </button>
      )}
    </form>
  );
}
