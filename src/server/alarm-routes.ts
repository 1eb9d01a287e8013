import { type Static, Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import type { Alarm } from "../alarm/alarm.ts";

/** What one can do with the alarm from elsewhere. */
export type AlarmPanel = Pick<Alarm, "report" | "arm" | "acknowledge" | "test">;

const modeBody = Type.Object(
  { mode: Type.Union([Type.Literal("away"), Type.Literal("home"), Type.Literal("off")]) },
  { additionalProperties: false },
);

/** `/api/v1/alarm`: its state, arming and disarming, acknowledging, and the test of the outputs. */
export function serveAlarm(app: FastifyInstance, alarm: AlarmPanel): void {
  app.get("/api/v1/alarm", { config: { access: "view" } }, (_request, reply) =>
    reply.header("cache-control", "no-store").send(alarm.report()),
  );
  app.post<{ Body: Static<typeof modeBody> }>(
    "/api/v1/alarm/mode",
    { config: { access: "alarm", action: "arm" }, schema: { body: modeBody } },
    (request) => {
      const { mode } = request.body;
      request.note = mode;
      alarm.arm(mode);
      return alarm.report();
    },
  );
  app.post("/api/v1/alarm/acknowledge", { config: { access: "alarm", action: "acknowledge alarm" } }, () => {
    alarm.acknowledge();
    return alarm.report();
  });
  app.post("/api/v1/alarm/test", { config: { access: "alarm", action: "test alarm" } }, () => {
    alarm.test();
    return alarm.report();
  });
}
