import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifySchema } from "fastify";
import type { Clock } from "../clock.ts";
import type { Gate } from "./gate.ts";
import type { LiveHub } from "./live-hub.ts";
import { maxViewers, tooManyViewers } from "./max-viewers.ts";
import { answerOf } from "./openapi.ts";
import { problemType } from "./problem.ts";
import type { Viewer } from "./viewer.ts";

const boundary = "xnorcam-frame";

/** `GET /api/v1/live.mjpeg`: the live picture with boxes drawn in, for `<img>`, VLC and other programs. */
export function serveMjpeg(app: FastifyInstance, hub: LiveHub, gate: Gate, clock: Clock): void {
  const schema: FastifySchema = {
    summary: "The live picture with boxes, for as long as somebody looks",
    response: { 200: answerOf("multipart/x-mixed-replace", "JPEG pictures.") },
  };
  app.get("/api/v1/live.mjpeg", { config: { access: "view" }, schema }, (request, reply) => {
    if (hub.viewerCount >= maxViewers) {
      void reply.code(503).type(problemType).send(tooManyViewers());
      return;
    }
    reply.hijack();
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      "content-type": `multipart/x-mixed-replace; boundary=${boundary}`,
      "cache-control": "no-store",
      connection: "close",
    });
    if (request.method === "HEAD") {
      reply.raw.end();
      return;
    }
    const viewer = new MjpegViewer(reply.raw, clock);
    const forget = gate.watch(request.raw, () => viewer.cutOff());
    reply.raw.once("close", () => {
      forget();
      hub.remove(viewer);
    });
    hub.add(viewer);
  });
}

/** A response that goes on for as long as somebody looks. */
class MjpegViewer implements Viewer {
  readonly picture = "boxed";
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  /** When the bytes that are still waiting were written. */
  #waitingSinceMs: number | null = null;

  constructor(response: ServerResponse, clock: Clock) {
    this.#response = response;
    this.#clock = clock;
    response.on("error", () => response.destroy());
    response.write(`--${boundary}\r\n`);
  }

  isReady(): boolean {
    return !this.#response.destroyed && this.#response.writableLength === 0;
  }

  wantsFrame(): boolean {
    return true;
  }

  divisorFor(): 1 {
    return 1;
  }

  stalledMs(nowMs: number): number {
    return this.isReady() || this.#waitingSinceMs === null ? 0 : nowMs - this.#waitingSinceMs;
  }

  sendFrame(_message: string, jpeg: Buffer): void {
    this.#waitingSinceMs = this.#clock.now();
    this.#response.cork();
    this.#response.write(`Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    this.#response.write(jpeg);
    // The boundary goes at once: browsers show a part when they see its end, else each came a frame late.
    this.#response.write(`\r\n--${boundary}\r\n`);
    this.#response.uncork();
  }

  sendMessage(): void {}

  close(): void {
    this.#response.destroy();
  }

  cutOff(): void {
    this.#response.destroy();
  }
}
