/** What of the events a person wants to see; "" does not narrow the list. */
export interface EventFilter {
  class: string;
  zone: string;
  kind: string;
  /** Days of this browser's calendar, "2026-03-01", both included. */
  from: string;
  to: string;
  pinned: boolean;
}

const words = ["class", "zone", "kind", "from", "to"] as const;

/** From the page's address, so that going back finds the same list again. */
export function readFilter(query: URLSearchParams): EventFilter {
  const [label, zone, kind, from, to] = words.map((name) => query.get(name) ?? "") as [
    string,
    string,
    string,
    string,
    string,
  ];
  return { class: label, zone, kind, from, to, pinned: query.get("pinned") === "true" };
}

/** For the page's address. */
export function writeFilter(filter: EventFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of words) if (filter[name] !== "") query.set(name, filter[name]);
  if (filter.pinned) query.set("pinned", "true");
  return query;
}

export function isNarrow(filter: EventFilter): boolean {
  return writeFilter(filter).size > 0;
}

/** For `GET /events`: days become moments. */
export function toRequest(filter: EventFilter): URLSearchParams {
  const query = writeFilter(filter);
  const from = startOfDay(filter.from, 0);
  const to = startOfDay(filter.to, 1);
  if (from !== null) query.set("from", from.toISOString());
  if (to !== null) query.set("to", to.toISOString());
  return query;
}

/** Midnight here before the day, or so many days after. @returns null where there is no such day */
function startOfDay(day: string, daysLater: number): Date | null {
  if (day === "") return null;
  // Without a time zone, a date with a time is one of this browser's.
  const start = new Date(`${day}T00:00:00`);
  start.setDate(start.getDate() + daysLater);
  return Number.isNaN(start.getTime()) ? null : start;
}
