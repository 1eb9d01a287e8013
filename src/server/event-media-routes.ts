import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";
import { ZipFile } from "yazl";
import type { EventArchive, EventMedia } from "../events/event.ts";
import { withEvent } from "./event-request.ts";
import { clipFramesSchema } from "./event-schema.ts";
import { Mp4Encoder } from "./mp4-encoder.ts";
import { answerOf } from "./openapi.ts";
import { sendProblem } from "./problem.ts";

interface ById {
  Params: { id: string };
}

/** A picture of a clip never changes; of this browser only, since others may not see it. */
const forGood = "private, max-age=31536000, immutable";

/**
 * Stills, clips and their frames, and everything of an event in one archive. The archive is asked first, also for files:
 * it answers in time while the disk hangs, whereas a few reads of files would hold up all threads that Node has for them,
 * which also make the live pictures.
 */
export function serveEventMedia(app: FastifyInstance, events: EventArchive | string): void {
  const config = { access: "view" } as const;
  const route = (summary: string, response: unknown) => ({
    config,
    schema: { summary, response: { 200: response } },
  });
  const still = route("The still with boxes", answerOf("image/jpeg", "JPEG; ranges are possible."));
  const clip = route("The clip", answerOf("video/x-msvideo", "Motion JPEG in AVI; ranges are possible."));
  const mp4 = route(
    "The clip as browsers play it",
    answerOf("video/mp4", "H.264, made by ffmpeg when it is asked for."),
  );
  const frameList = route("When each picture of the clip was taken", clipFramesSchema);
  const frame = route("A picture of the clip", answerOf("image/jpeg", "JPEG."));
  const archived = route("Everything of an event", answerOf("application/zip", "JSON, still and clip."));

  const encoder = new Mp4Encoder();
  app.addHook("preClose", async () => encoder.stop());

  app.get<ById>("/api/v1/events/:id/still.jpg", still, (request, reply) =>
    withEvent(request, reply, events, (archive, id) => sendFile(reply, archive, id, "still")),
  );
  app.get<ById>("/api/v1/events/:id/clip.avi", clip, (request, reply) =>
    withEvent(request, reply, events, (archive, id) => sendFile(reply, archive, id, "clip")),
  );
  // To be asked for its head it would have to be made.
  app.get<ById>("/api/v1/events/:id/clip.mp4", { ...mp4, exposeHeadRoute: false }, (request, reply) =>
    withEvent(request, reply, events, async (archive, id) => {
      const media = await archive.media(id);
      if (media === null || !media.clip) return null;
      const video = await encoder.encode(join(archive.mediaFolder, fileNames.clip(id)));
      if (!("reason" in video)) {
        return reply
          .type("video/mp4")
          .header("content-disposition", `attachment; filename="xnorcam-${id}.mp4"`)
          .send(video);
      }
      if (video.reason === "busy") reply.header("retry-after", 5);
      return sendProblem(reply, 503, `no MP4, but clip.avi is there: ${video.detail}`);
    }),
  );
  app.get<ById>("/api/v1/events/:id/frames.json", frameList, (request, reply) =>
    withEvent(request, reply, events, async (archive, id) => {
      const [event, times] = await Promise.all([archive.get(id), archive.frameTimes(id)]);
      if (event === null || times === null) return null;
      const beganMs = Date.parse(event.began);
      return times.map((sinceBeganMs) => ({
        at: new Date(beganMs + sinceBeganMs).toISOString(),
        sinceBeganMs,
      }));
    }),
  );
  app.get<{ Params: { id: string; number: string } }>(
    "/api/v1/events/:id/frames/:number.jpg",
    frame,
    (request, reply) =>
      withEvent(request, reply, events, async (archive, id) => {
        const { number } = request.params;
        if (!/^\d{1,9}$/.test(number)) return null;
        const jpeg = await archive.frame(id, Number(number));
        if (jpeg === null) return null;
        return reply.type("image/jpeg").header("cache-control", forGood).send(jpeg);
      }),
  );
  app.get<ById>("/api/v1/events/:id/export.zip", archived, (request, reply) =>
    withEvent(request, reply, events, async (archive, id) => {
      const event = await archive.get(id);
      if (event === null) return null;
      const zip = new ZipFile();
      // A file was removed meanwhile: the browser must not take the half for the whole.
      zip.once("error", (error) => reply.raw.destroy(error as Error));
      zip.addBuffer(Buffer.from(`${JSON.stringify(event, null, 2)}\n`), "event.json");
      // JPEG does not get smaller.
      const options = { compress: false };
      if (event.still) zip.addFile(join(archive.mediaFolder, fileNames.still(id)), "still.jpg", options);
      if (event.clip) zip.addFile(join(archive.mediaFolder, fileNames.clip(id)), "clip.avi", options);
      zip.end();
      return reply
        .type("application/zip")
        .header("content-disposition", `attachment; filename="xnorcam-${id}.zip"`)
        .send(zip.outputStream);
    }),
  );
}

const fileNames: Record<keyof EventMedia, (id: number) => string> = {
  still: (id) => `${id}.jpg`,
  clip: (id) => `${id}.avi`,
};

/** With ranges, and 304 for what the browser has. @returns null where there is no such file */
async function sendFile(
  reply: FastifyReply,
  archive: EventArchive,
  id: number,
  kind: keyof EventMedia,
): Promise<unknown> {
  const media = await archive.media(id);
  if (media === null || !media[kind]) return null;
  if (kind === "clip") reply.header("content-disposition", `attachment; filename="xnorcam-${id}.avi"`);
  // A still is replaced when a sighting becomes an alarm.
  reply.header("cache-control", "private, no-cache");
  return reply.sendFile(fileNames[kind](id), archive.mediaFolder, { cacheControl: false });
}
