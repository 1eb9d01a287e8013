import { type Static, Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifySchema } from "fastify";
import type { EventArchive } from "../events/event.ts";
import { withArchive, withEvent } from "./event-request.ts";
import { eventAnswerSchema, eventPageSchema, eventSchema } from "./event-schema.ts";
import { Mp4Encoder } from "./mp4-encoder.ts";
import { strictBody } from "./strict-body.ts";
import type { EventAnswer } from "./wire.ts";

const time = Type.Union([Type.String({ format: "date-time" }), Type.String({ format: "date" })]);
const name = Type.String({ minLength: 1, maxLength: 100 });

const eventQuery = Type.Object(
  {
    class: Type.Optional(name),
    zone: Type.Optional(name),
    kind: Type.Optional(Type.Union(["alarm", "sighting", "test"].map((kind) => Type.Literal(kind)))),
    from: Type.Optional(time),
    to: Type.Optional(time),
    pinned: Type.Optional(Type.Boolean()),
    before: Type.Optional(Type.String({ pattern: "^[1-9]\\d{0,14}$" })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  { additionalProperties: false },
);

const eventChange = Type.Object(
  {
    pinned: Type.Optional(Type.Boolean()),
    acknowledged: Type.Optional(Type.Boolean()),
    note: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  { additionalProperties: false, minProperties: 1 },
);

const oneRoute: FastifySchema = { summary: "An event", response: { 200: eventAnswerSchema } };
const removeRoute: FastifySchema = {
  summary: "Removes an event, pinned or not",
  response: { 204: Type.Null({ description: "It is gone." }) },
};

const defaultLimit = 50;
/** A note of 1000 characters, each of them escaped. */
const changeLimitBytes = 16_384;

interface ById {
  Params: { id: string };
}

/** `/api/v1/events`: search, look at, change and remove what was recorded. */
export function serveEvents(app: FastifyInstance, events: EventArchive | string): void {
  app.get<{ Querystring: Static<typeof eventQuery> }>(
    "/api/v1/events",
    {
      config: { access: "view" },
      schema: { summary: "Searches events", querystring: eventQuery, response: { 200: eventPageSchema } },
    },
    (request, reply) =>
      withArchive(reply, events, (archive) => {
        const { from, to, before, kind, limit = defaultLimit, ...same } = request.query;
        return archive.find({
          ...same,
          kind: kind as "alarm" | "sighting" | "test" | undefined,
          fromMs: from === undefined ? undefined : Date.parse(from),
          toMs: to === undefined ? undefined : Date.parse(to),
          before: before === undefined ? undefined : Number(before),
          limit,
        });
      }),
  );
  app.get<ById>("/api/v1/events/:id", { config: { access: "view" }, schema: oneRoute }, (request, reply) =>
    withEvent(request, reply, events, async (archive, id): Promise<EventAnswer | null> => {
      const event = await archive.get(id);
      return event && { ...event, mp4: event.clip && Mp4Encoder.isThere() };
    }),
  );
  app.patch<ById & { Body: Static<typeof eventChange> }>(
    "/api/v1/events/:id",
    {
      config: { access: "alarm" },
      bodyLimit: changeLimitBytes,
      schema: {
        summary: "Pins, acknowledges or comments an event",
        body: eventChange,
        response: { 200: eventSchema },
      },
      validatorCompiler: strictBody,
    },
    (request, reply) => withEvent(request, reply, events, (archive, id) => archive.change(id, request.body)),
  );
  app.delete<ById>(
    "/api/v1/events/:id",
    { config: { access: "settings" }, schema: removeRoute },
    (request, reply) =>
      withEvent(request, reply, events, async (archive, id) =>
        (await archive.remove(id)) ? reply.code(204).send() : null,
      ),
  );
}
