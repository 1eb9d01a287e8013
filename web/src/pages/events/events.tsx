import "../../style/events.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { EventPage, EventSummary } from "../../../../src/server/wire.ts";
import { useAction, useAnswer } from "../../api/use-answer.ts";
import { Empty, ErrorNotice, FailedToLoad, Loading } from "../../parts/notices.tsx";
import { addressOf, type Route } from "../../router.ts";
import { useServices, useText } from "../../services.ts";
import { EventCard } from "./event-card.tsx";
import { type EventFilter, isNarrow, readFilter, toRequest } from "./filter.ts";
import { FilterBar } from "./filter-bar.tsx";
import { mergeEvent } from "./merge-event.ts";

const pageSize = 24;

/** All that was recorded, the newest first. */
export function Events({ route }: { route: Route }) {
  const text = useText();
  const filter = useMemo(() => readFilter(route.query), [route]);
  const request = toRequest(filter);
  request.set("limit", String(pageSize));
  const path = `/events?${request}`;
  const answer = useAnswer<EventPage>(path);
  return (
    <>
      <h1>{text.pages.events}</h1>
      {answer.state === "failed" ? (
        <FailedToLoad error={answer.error} reload={answer.reload} />
      ) : (
        <>
          <FilterBar filter={filter} known={answer.data?.events ?? none} />
          {answer.state === "loading" ? (
            <Loading />
          ) : (
            <List key={path} filter={filter} path={path} page={answer.data} reload={answer.reload} />
          )}
        </>
      )}
    </>
  );
}

const none: readonly EventSummary[] = [];

interface ListProps {
  filter: EventFilter;
  path: string;
  page: EventPage;
  reload: () => void;
}

function List({ filter, path, page, reload }: ListProps) {
  const text = useText();
  const { api, feed } = useServices();
  const [more, setMore] = useState<EventPage>({ events: [], next: page.next });
  const [news, setNews] = useState<readonly EventSummary[]>([]);
  const load = useAction(async () => {
    const next = await api.get<EventPage>(`${path}&before=${more.next}`);
    setMore({ events: [...more.events, ...next.events], next: next.next });
  });
  const known = useMemo(
    () => news.toReversed().reduce(mergeEvent, [...page.events, ...more.events]),
    [page, more, news],
  );
  useEffect(
    () =>
      feed.event.subscribe((event) => {
        if (event === null) return;
        // Only the camera can tell whether a new one passes the filter.
        if (isNarrow(filter)) reload();
        else setNews((before) => mergeEvent(before, event));
      }),
    [feed, filter, reload],
  );
  if (known.length === 0) return <NoEvents isNarrow={isNarrow(filter)} />;
  return (
    <>
      <ol class="grid">
        {known.map((event) => (
          <EventCard key={event.id} event={event} />
        ))}
      </ol>
      <ErrorNotice error={load.error} />
      {more.next !== null && (
        <button type="button" class="more" disabled={load.busy} onClick={load.run}>
          {text.events.more}
        </button>
      )}
    </>
  );
}

function NoEvents({ isNarrow }: { isNarrow: boolean }) {
  const text = useText();
  if (!isNarrow) {
    return (
      <Empty icon="empty" title={text.events.none}>
        <p>{text.events.noneDetail}</p>
      </Empty>
    );
  }
  return (
    <Empty icon="empty" title={text.events.noMatch}>
      <p>
        <a href={addressOf("events")}>{text.events.showAll}</a>
      </p>
    </Empty>
  );
}
