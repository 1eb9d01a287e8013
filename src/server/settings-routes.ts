import { Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifySchema } from "fastify";
import { type ErrorCode, XnorcamError } from "../errors.ts";
import { answerOf } from "./openapi.ts";
import { problem, problemType, sendProblem } from "./problem.ts";
import { jsonObject } from "./status-schema.ts";

/** Shows the settings and changes them. */
export interface SettingsEditor {
  view(): { schema: object; values: object; restart: string[]; overridden: string[] };
  /**
   * @param patch JSON Merge Patch (RFC 7396)
   * @throws XnorcamError when the file can't be read or written
   */
  change(
    patch: unknown,
  ): Promise<{ applied: string[]; restart: string[] } | { problems: readonly SettingProblem[] }>;
}

interface SettingProblem {
  readonly path: string;
  readonly message: string;
}

const keys = Type.Array(Type.String({ examples: ["alarm.zones[0].points"] }));

const viewRoute: FastifySchema = {
  summary: "The settings",
  response: {
    200: jsonObject(
      {
        schema: Type.Object({}, { description: "JSON Schema, with descriptions and defaults." }),
        values: Type.Object({}, { description: 'Complete; a secret is null or "set".' }),
        restart: keys,
        overridden: keys,
      },
      "The settings, what waits for the next start, and what the command line or the environment says differently.",
    ),
  },
};

const changeRoute: FastifySchema = {
  summary: "Changes settings, all of it or nothing",
  consumes: ["application/merge-patch+json", "application/json"],
  // What fits is for the settings to say, all at once.
  body: Type.Unknown({ description: "JSON Merge Patch (RFC 7396): keys that change, null for the default." }),
  response: {
    200: jsonObject({ applied: keys, restart: keys }, "What counts now, and what with the next start."),
    422: answerOf(problemType, "Everything that is wrong with it, in `errors`.", Type.Ref("Problem#")),
  },
};

/** 32 zones of 64 corners with all the digits that a number can have. */
const bodyLimitBytes = 128 * 1024;

/** A file that somebody has just broken by hand is a conflict; one that can't be written is the machine's fault. */
const statuses: Partial<Record<ErrorCode, number>> = {
  XC_CONFIG_INVALID: 409,
  XC_CONFIG_UNREADABLE: 409,
  XC_CONFIG_UNWRITABLE: 503,
};

/** `GET` and `PATCH /api/v1/settings`. A plugin of its own, since bodies are read in another way than elsewhere. */
export function settingsRoutes(app: FastifyInstance, settings: SettingsEditor): void {
  // Which any page may send without being asked whether it may.
  app.removeContentTypeParser("text/plain");
  app.addContentTypeParser(
    "application/merge-patch+json",
    { parseAs: "string" },
    app.getDefaultJsonParser("error", "error"),
  );
  const config = { access: "settings" } as const;
  app.get("/api/v1/settings", { config, schema: viewRoute }, (_request, reply) =>
    reply.header("cache-control", "no-store").send(settings.view()),
  );
  app.patch(
    "/api/v1/settings",
    { config, schema: changeRoute, bodyLimit: bodyLimitBytes },
    async (request, reply) => {
      try {
        const outcome = await settings.change(request.body);
        if (!("problems" in outcome)) return await reply.send(outcome);
        const { problems: errors } = outcome;
        const others = errors.length === 1 ? "" : ` (and ${errors.length - 1} more)`;
        const detail = `nothing was changed: ${errors[0]!.message}${others}`;
        return await reply
          .code(422)
          .type(problemType)
          .send({ ...problem(422, detail), errors });
      } catch (error) {
        const status = error instanceof XnorcamError ? statuses[error.code] : undefined;
        if (status === undefined) throw error;
        return sendProblem(reply, status, (error as XnorcamError).message);
      }
    },
  );
}
