import { Type } from "@sinclair/typebox";
import { roles, scopes } from "../auth/caller.ts";
import { jsonObject, nullable, oneOf } from "./status-schema.ts";

const text = Type.String();
const time = Type.String({ format: "date-time" });
const granted = Type.Array(oneOf(...scopes), { description: "What it is good for." });

/** An answer without a body. */
export function done(description: string) {
  return { 204: Type.Null({ description }) };
}

/** `GET /api/v1/session`, and who signs in. */
export const sessionSchema = jsonObject(
  {
    setupNeeded: Type.Boolean({ description: "Whether the first user is still to be made." }),
    user: nullable(jsonObject({ name: text, role: oneOf(...roles) }, "A user."), "Null for a stranger."),
    scopes: Type.Array(oneOf(...scopes), { description: "What whoever asks may do." }),
  },
  "Who is signed in.",
);

export const usersSchema = jsonObject(
  { users: Type.Array(jsonObject({ name: text, role: oneOf(...roles), since: time }, "A user.")) },
  "Who may sign in.",
);

export const addedUserSchema = jsonObject({ name: text, role: oneOf(...roles) }, "The new user.");

export const tokensSchema = jsonObject(
  {
    tokens: Type.Array(
      jsonObject({ id: text, name: text, scopes: granted, since: time }, "What is known of a token."),
    ),
  },
  "The tokens that are good; they themselves are not kept.",
);

export const addedTokenSchema = jsonObject(
  { id: text, token: Type.String({ description: "The token, which is shown this once." }) },
  "The new token.",
);

/** Of `AuditLog.read`. */
export const auditSchema = jsonObject(
  {
    entries: Type.Array(
      jsonObject(
        {
          id: Type.Integer({ minimum: 1 }),
          time,
          who: nullable(text, "Null for who was not signed in."),
          address: nullable(text, "From where."),
          action: text,
          detail: nullable(text, "What came of it, or to whom it was done."),
        },
        "Something that somebody did.",
      ),
    ),
    next: nullable(Type.Integer(), "For `before`, to get older ones; null where there are none."),
  },
  "Who did what, the newest first.",
);
