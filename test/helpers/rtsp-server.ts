import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/**
 * A small RTSP camera on a free port: asks for user name and password, and sends a moving test picture over the same
 * connection, as cameras do with `rtsp_transport tcp`. The picture is made by ffmpeg.
 */
export class RtspServer {
  /** The heads of the requests that came. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #packets: Datagrams;
  readonly #encoder: ChildProcess;
  readonly #clients = new Set<Socket>();
  readonly #playing = new Set<Socket>();

  private constructor(server: Server, packets: Datagrams, encoder: ChildProcess) {
    this.#server = server;
    this.#packets = packets;
    this.#encoder = encoder;
  }

  /** @param account "user:password" */
  static async start(account: string): Promise<RtspServer> {
    const packets = createSocket("udp4");
    packets.bind(0, "127.0.0.1");
    await once(packets, "listening");
    const source = ["-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=10", "-c:v", "mpeg4", "-g", "5"];
    const output = ["-f", "rtp", `rtp://127.0.0.1:${packets.address().port}`];
    const encoder = spawn("ffmpeg", ["-nostdin", "-v", "error", ...source, ...output], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // ffmpeg prints the description of its stream before the first packet.
    const [sdp] = (await once(encoder.stdout!, "data")) as [Buffer];
    encoder.stdout!.resume();
    const description = sdp
      .toString()
      .slice(sdp.indexOf("v=0"))
      .replace(/m=video \d+/, "m=video 0")
      .replace(/\s+$/, "\r\na=control:track1\r\n");
    const server = createServer();
    const rtsp = new RtspServer(server, packets, encoder);
    server.on("connection", (socket) => rtsp.#converse(socket, description, account));
    packets.on("message", (packet) => rtsp.#send(packet));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return rtsp;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#encoder.kill("SIGKILL");
    this.#packets.close();
    for (const client of this.#clients) client.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #send(packet: Buffer): void {
    const head = Buffer.from([0x24, 0, packet.length >> 8, packet.length & 255]);
    for (const client of this.#playing) client.write(Buffer.concat([head, packet]));
  }

  #converse(socket: Socket, description: string, account: string): void {
    this.#clients.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#clients.delete(socket);
      this.#playing.delete(socket);
    });
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(Math.max(0, text.search(/[A-Z_]+ rtsp:/)), end);
        text = text.slice(end + 4);
        this.requests.push(head);
        this.#answer(socket, head, description, account);
      }
    });
  }

  #answer(socket: Socket, head: string, description: string, account: string): void {
    const sequence = /CSeq: (\d+)/i.exec(head)?.[1];
    const say = (status: string, fields: string[] = [], body = "") =>
      socket.write([`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...fields, "", body].join("\r\n"));
    const [method] = head.split(" ", 1);
    if (method === "OPTIONS") return void say("200 OK", ["Public: DESCRIBE, SETUP, PLAY, TEARDOWN"]);
    if (!head.includes(`Basic ${Buffer.from(account).toString("base64")}`))
      return void say("401 Unauthorized", ['WWW-Authenticate: Basic realm="camera"']);
    if (method === "DESCRIBE") {
      const fields = ["Content-Type: application/sdp", `Content-Length: ${description.length}`];
      return void say("200 OK", fields, description);
    }
    const fields = ["Session: 1", ...(/Transport: .*/i.exec(head) ?? [])];
    say("200 OK", fields);
    if (method === "PLAY") this.#playing.add(socket);
  }
}

/** Writes a video of one second. */
export function testVideo(file: string): void {
  const source = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=1"];
  execFileSync("ffmpeg", ["-v", "error", "-y", ...source, "-pix_fmt", "yuv420p", file]);
}
