import { once } from "node:events";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** A plain web host: a folder below some address, without any header of ours. */
export class StaticHost {
  port = 0;
  readonly #server: Server;
  /** Of all connections, those that ended too. */
  readonly #sockets = new Set<Socket>();

  private constructor(folder: string, prefix: string) {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://host");
      const name = pathname.startsWith(prefix) ? normalize(pathname.slice(prefix.length)) : "..";
      const file = join(folder, name.endsWith("/") || name === "." ? `${name}/index.html` : name);
      if (name.startsWith("..") || !existsSync(file) || !statSync(file).isFile()) {
        response.writeHead(404).end();
        return;
      }
      const { size, mtimeMs } = statSync(file);
      const etag = `"${size}-${mtimeMs}"`;
      if (request.headers["if-none-match"] === etag) {
        response.writeHead(304, { etag }).end();
        return;
      }
      const type = types[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "content-length": size, etag });
      createReadStream(file).pipe(response);
    });
    this.#server.on("connection", (socket) => this.#sockets.add(socket));
  }

  /** @param prefix begins and ends with a slash */
  static async start(folder: string, prefix: string): Promise<StaticHost> {
    const host = new StaticHost(folder, prefix);
    host.#server.listen(0, "127.0.0.1");
    await once(host.#server, "listening");
    host.port = (host.#server.address() as AddressInfo).port;
    return host;
  }

  /** Bytes that went to the browser, heads of the answers included. */
  get bytesSent(): number {
    return [...this.#sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  }

  /** Ends all connections, too. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
