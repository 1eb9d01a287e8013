import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Clock } from "../clock.ts";
import { type Gate, isOwnOrigin } from "./gate.ts";
import type { HostCheck } from "./host-check.ts";
import type { LiveHub } from "./live-hub.ts";
import { maxViewers, tooManyViewers } from "./max-viewers.ts";
import { type Problem, problem } from "./problem.ts";
import { answerRaw } from "./raw-answer.ts";
import { WebSocketViewer } from "./web-socket-viewer.ts";

const path = "/api/v1/live";

/** Viewers say only which size and rate they want. */
const maxPayloadBytes = 1024;

/** Answers the WebSocket upgrades of a server: the live stream, and a clear refusal for everything else. */
export function serveLiveSocket(
  server: Server,
  hub: LiveHub,
  hosts: HostCheck,
  gate: Gate,
  clock: Clock,
): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxPayloadBytes,
    // JPEG can't be compressed further, and zlib's windows would cost 300 KB a viewer.
    perMessageDeflate: false,
    autoPong: false,
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until ws takes the socket over, a reset connection would otherwise end the program.
    socket.on("error", () => socket.destroy());
    if (wantsOtherProtocol(request)) {
      answerWithoutUpgrade(server, request, socket as Socket);
      return;
    }
    const refusal = hosts.refuse(request) ?? refuse(request, hub, gate);
    if (refusal !== null) {
      answerRaw(socket, refusal);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const viewer = new WebSocketViewer(webSocket, clock);
      const forget = gate.watch(request, () => viewer.cutOff());
      webSocket.once("close", () => {
        forget();
        hub.remove(viewer);
      });
      hub.add(viewer);
    });
  });
}

function refuse(request: IncomingMessage, hub: LiveHub, gate: Gate): Problem | null {
  const requested = request.url?.split("?", 1)[0];
  if (requested !== path) return problem(404, `there is no WebSocket here; the live stream is at ${path}`);
  if (!isOwnOrigin(request.headers)) {
    return problem(403, "the live stream is only for pages that this camera served");
  }
  const refusal = gate.refuse(request, gate.callerOf(request), "view");
  if (refusal !== null) return refusal;
  return hub.viewerCount >= maxViewers ? tooManyViewers() : null;
}

/** Java's HTTP client offers h2c with its first request, whatever it is for. An offer may be passed over. */
function wantsOtherProtocol({ method, headers }: IncomingMessage): boolean {
  const bodyless = method === "GET" || method === "HEAD";
  return bodyless && headers.upgrade?.toLowerCase() !== "websocket";
}

/** Node hands over each request with an Upgrade header; this gives one back. The connection ends with it. */
function answerWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once("finish", () => socket.destroySoon());
  server.emit("request", request, response);
}
