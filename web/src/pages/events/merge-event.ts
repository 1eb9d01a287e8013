import type { EventSummary } from "../../../../src/server/wire.ts";

/** The list, newest first, with an event that began or changed. */
export function mergeEvent(events: readonly EventSummary[], event: EventSummary): readonly EventSummary[] {
  const isKnown = events.some(({ id }) => id === event.id);
  return isKnown ? events.map((each) => (each.id === event.id ? event : each)) : [event, ...events];
}
