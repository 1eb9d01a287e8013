import { existsSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf, XnorcamError } from "../errors.ts";
import { ClipReader } from "./clip-reader.ts";
import { DiskWriter } from "./disk-writer.ts";
import { EventTable } from "./event-table.ts";
import { Keeper } from "./keeper.ts";
import { MediaFolder } from "./media-folder.ts";
import { Reserve } from "./reserve.ts";
import { openEventDatabase } from "./schema.ts";
import { type Database, loadSqlite } from "./sqlite.ts";
import {
  databaseName,
  mediaName,
  type StoreMessage,
  type StoreRead,
  type StoreRequest,
  type StoreSetup,
} from "./store-messages.ts";

/** Writes after which there are more or fewer events, or larger ones. */
const changesUsage: ReadonlySet<string> = new Set(["begin", "end", "remove", "keep"]);

/** The thread that owns the disk: whatever hangs here holds up nothing else. */
async function main({ folder, limits }: StoreSetup, send: (message: StoreMessage) => void): Promise<void> {
  let database: Database;
  let table: EventTable;
  let media: MediaFolder;
  let writer: DiskWriter;
  let clips: ClipReader;
  const reserve = new Reserve(folder);
  try {
    const open = await loadSqlite();
    reserve.release();
    const path = join(folder, databaseName);
    database = openEventDatabase(path, existsSync(path), open);
    table = new EventTable(database);
    media = new MediaFolder(join(folder, mediaName));
    clips = new ClipReader(media.path);
    const keeper = new Keeper(table, media, limits, performance.now());
    writer = new DiskWriter(table, media, keeper, (line) => send({ type: "trouble", line }));
    writer.recover();
    reserve.take();
  } catch (error) {
    const code = error instanceof XnorcamError ? error.code : "XC_EVENTS_UNREADABLE";
    const message =
      error instanceof XnorcamError ? error.message : `events are not recorded: ${messageOf(error)}`;
    send({ type: "refused", code, message });
    return;
  }

  parentPort!.on("message", (request: StoreRequest) => {
    const { sequence } = request;
    try {
      if (request.type === "close") {
        writer.close();
        database.close();
        parentPort!.close();
        return;
      }
      const value = isRead(request) ? read(request) : writer.write(request);
      if (request.type === "keep") reserve.take();
      send({ type: "answer", sequence, value });
      if (changesUsage.has(request.type)) sendUsage();
    } catch (error) {
      send({ type: "failed", sequence, message: messageOf(error) });
    }
  });
  sendUsage();
  send({ type: "ready" });

  function sendUsage(): void {
    send({ type: "usage", usage: table.usage() });
  }

  function read(request: StoreRead): unknown {
    switch (request.type) {
      case "find":
        return table.find(request.query);
      case "get":
        return table.details(request.id);
      case "media":
        return table.mediaOf(request.id);
      case "frameTimes":
        return clips.times(request.id);
      case "frameJpeg":
        return clips.frame(request.id, request.index);
    }
  }
}

function isRead(request: { type: string }): request is StoreRead {
  return ["find", "get", "media", "frameTimes", "frameJpeg"].includes(request.type);
}

await main(workerData as StoreSetup, (message) => parentPort!.postMessage(message));
