import type { FastifyReply, FastifyRequest } from "fastify";
import type { EventArchive } from "../events/event.ts";
import { sendProblem } from "./problem.ts";

const wholeNumber = /^[1-9]\d{0,14}$/;

/** The id in an address; null for what can be none. */
export function idOf(text: string): number | null {
  return wholeNumber.test(text) ? Number(text) : null;
}

/**
 * Answers a request about an event.
 * @param answer returns null where there is no such event
 */
export async function withEvent(
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
  events: EventArchive | string,
  answer: (archive: EventArchive, id: number) => Promise<unknown>,
): Promise<unknown> {
  return await withArchive(reply, events, async (archive) => {
    const id = idOf(request.params.id);
    const found = id === null ? null : await answer(archive, id);
    return found ?? sendProblem(reply, 404, `there is no event ${id ?? "of this name"} with that`);
  });
}

/** Answers a request about events; 503 where none are recorded. */
export async function withArchive(
  reply: FastifyReply,
  events: EventArchive | string,
  answer: (archive: EventArchive) => Promise<unknown>,
): Promise<unknown> {
  // A file says later what else holds for it.
  reply.header("cache-control", "no-store");
  return typeof events === "string" ? sendProblem(reply, 503, events) : await answer(events);
}
