import { BlockList, isIPv6 } from "node:net";
import type { FastifyInstance, FastifyRequest, FastifySchema } from "fastify";
import { grants } from "../auth/caller.ts";
import { type ErrorCode, XnorcamError } from "../errors.ts";
import { answerOf } from "./openapi.ts";
import { sendProblem } from "./problem.ts";

/** Takes a picture with all pixels of the sensor. @returns a JPEG */
export interface StillTaker {
  take(): Promise<Buffer>;
}

/** What keeps a still from being taken, where it is not a fault of the camera. */
const statuses: Partial<Record<ErrorCode, number>> = { XC_CAMERA_BUSY: 409, XC_CAMERA_MISSING: 409 };

const thisMachine = new BlockList();
thisMachine.addSubnet("127.0.0.0", 8);
thisMachine.addAddress("::1", "ipv6");

/**
 * `POST /api/v1/still`: not a GET, since nobody watches meanwhile. For the same reason it is for programs on the camera
 * itself, and for admins: anybody else on the network could blind it.
 */
export function serveStill(app: FastifyInstance, stills: StillTaker): void {
  const schema: FastifySchema = {
    summary: "Takes a picture with all pixels of the sensor",
    response: { 200: answerOf("image/jpeg", "The picture.") },
  };
  app.post("/api/v1/still", { config: { access: "view" }, schema }, async (request, reply) => {
    if (!isFromThisMachine(request) && !grants(request.caller?.scopes ?? [], "admin")) {
      return sendProblem(
        reply,
        403,
        "stills are taken for admins and for programs on the camera itself, such as curl, since nobody watches meanwhile",
      );
    }
    try {
      const jpeg = await stills.take();
      return await reply.header("cache-control", "no-store").type("image/jpeg").send(jpeg);
    } catch (error) {
      if (!(error instanceof XnorcamError)) throw error;
      return sendProblem(reply, statuses[error.code] ?? 503, error.message);
    }
  });
}

/** Neither a page in a browser nor a proxy, which speaks for somebody else. */
function isFromThisMachine({ ip, headers }: FastifyRequest): boolean {
  if (
    headers.origin !== undefined ||
    headers["x-forwarded-for"] !== undefined ||
    headers.forwarded !== undefined
  ) {
    return false;
  }
  return thisMachine.check(ip, isIPv6(ip) ? "ipv6" : "ipv4");
}
