import type { FastifyInstance, FastifySchema } from "fastify";
import type { Clock } from "../clock.ts";
import type { LiveHub } from "./live-hub.ts";
import { maxViewers, tooManyViewers } from "./max-viewers.ts";
import { nextPicture, nextPictureMs } from "./next-picture.ts";
import { answerOf } from "./openapi.ts";
import { problemType, sendProblem } from "./problem.ts";

/** `GET /api/v1/still.jpg`: the next picture with the boxes drawn in, which is the newest there is when it arrives. */
export function serveStillPicture(app: FastifyInstance, hub: LiveHub, clock: Clock): void {
  const schema: FastifySchema = {
    summary: "The newest picture with boxes",
    response: { 200: answerOf("image/jpeg", "JPEG.") },
  };
  app.get("/api/v1/still.jpg", { config: { access: "view" }, schema }, async (request, reply) => {
    if (hub.viewerCount >= maxViewers) {
      return await reply.code(503).type(problemType).send(tooManyViewers());
    }
    const gone = new AbortController();
    request.raw.once("close", () => gone.abort());
    const jpeg = await nextPicture(hub, clock, gone.signal);
    if (jpeg === null) {
      return sendProblem(reply, 503, `no picture came for ${nextPictureMs / 1000} s; /healthz says why`);
    }
    return await reply.type("image/jpeg").header("cache-control", "no-store").send(jpeg);
  });
}
