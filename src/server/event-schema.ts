import { Type } from "@sinclair/typebox";
import { jsonObject } from "./status-schema.ts";

const id = Type.String({ pattern: "^[1-9]\\d{0,14}$" });
const time = Type.String({ description: "ISO 8601, UTC.", examples: ["2026-02-03T04:05:06.789Z"] });
const labels = Type.Array(Type.String());
const score = Type.Number({ minimum: 0, maximum: 1 });

const track = {
  id: Type.Integer({ minimum: 1 }),
  label: Type.String(),
  bestScore: score,
  firstSeen: time,
  lastSeen: time,
};

const event = {
  id,
  began: time,
  ended: Type.Union([time, Type.Null()], { description: "Null while it goes on." }),
  kind: Type.Union(["alarm", "sighting", "test"].map((kind) => Type.Literal(kind))),
  labels,
  zones: labels,
  reason: Type.String(),
  bestScore: score,
  acknowledged: Type.Boolean(),
  pinned: Type.Boolean(),
  note: Type.String(),
  still: Type.Boolean({ description: "Whether there is a picture of it." }),
  clip: Type.Boolean({ description: "Whether there is a clip of it." }),
};

/** `EventSummary` */
export const eventSchema = jsonObject(
  { ...event, tracks: Type.Array(jsonObject(track, "An object.")) },
  "An event.",
);

/** `EventPage` */
export const eventPageSchema = jsonObject(
  { events: Type.Array(eventSchema), next: Type.Union([id, Type.Null()]) },
  "The newest first; `next` is for `before`, to get the next page.",
);

/** `EventAnswer` */
export const eventAnswerSchema = jsonObject(
  {
    ...event,
    mp4: Type.Boolean({ description: "Whether the clip is given as MP4, too: that takes ffmpeg." }),
    tracks: Type.Array(
      jsonObject(
        {
          ...track,
          path: Type.Array(
            Type.Array(Type.Number(), {
              minItems: 6,
              maxItems: 6,
              description:
                "Milliseconds since it began; left, top, width, height as shares of the picture; score.",
            }),
          ),
        },
        "An object, and its way.",
      ),
    ),
    decisions: Type.Array(
      jsonObject(
        {
          at: time,
          trackId: Type.Union([Type.Integer(), Type.Null()]),
          raises: Type.Boolean(),
          reason: Type.String(),
        },
        "What the alarm decided.",
      ),
    ),
  },
  "An event with everything that is kept of it.",
);

/** When each picture of a clip was taken. */
export const clipFramesSchema = Type.Array(
  jsonObject({ at: time, sinceBeganMs: Type.Number() }, "A picture of the clip."),
  { description: "The pictures of the clip, in order." },
);
