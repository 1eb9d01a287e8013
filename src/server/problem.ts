import { STATUS_CODES } from "node:http";
import { Type } from "@sinclair/typebox";
import type { FastifyReply } from "fastify";
import { securityHeaders } from "./security-headers.ts";

/** The body of every answer that is an error, after RFC 9457; sent as `application/problem+json`. */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  /** One sentence for the person who reads it. */
  detail: string;
}

export const problemSchema = Type.Object(
  {
    type: Type.Literal("about:blank"),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "One sentence for the person who reads it." }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({ path: Type.String(), message: Type.String() }, { additionalProperties: false }),
        { description: "Of settings that were refused, each thing that is wrong with them." },
      ),
    ),
  },
  { additionalProperties: false, description: "A problem (RFC 9457)." },
);

export const problemType = "application/problem+json";

export function problem(status: number, detail: string): Problem {
  return { type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail };
}

/** Answers with an error. */
export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.headers(securityHeaders).code(status).type(problemType).send(problem(status, detail));
}
