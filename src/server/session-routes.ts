import { type Static, Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from "fastify";
import type { AccessControl, SignIn } from "../auth/access-control.ts";
import { type Role, type Scope, scopesOf } from "../auth/caller.ts";
import type { LoginLimiter } from "../auth/login-limiter.ts";
import { done, sessionSchema } from "./account-schema.ts";
import { sendProblem } from "./problem.ts";
import { sessionCookie, sessionSecret } from "./session-cookie.ts";

/** What people type: letters of any script, and what stands between them. */
export const userName = Type.String({
  minLength: 1,
  maxLength: 40,
  pattern: "^[\\p{L}\\p{N}]([\\p{L}\\p{M}\\p{N} ._@-]*[\\p{L}\\p{M}\\p{N}])?$",
});
/** At least eight, as NIST SP 800-63B asks for. */
export const newPassword = Type.String({ minLength: 8, maxLength: 128 });
/** Of an existing password nothing is said. */
export const givenPassword = Type.String({ maxLength: 128 });

const setupBody = Type.Object(
  { code: Type.String({ maxLength: 40 }), name: userName, password: newPassword },
  { additionalProperties: false },
);
const loginBody = Type.Object(
  { name: Type.String({ maxLength: 40 }), password: givenPassword },
  { additionalProperties: false },
);

const sessionRoute: FastifySchema = { summary: "Who is signed in", response: { 200: sessionSchema } };
const setupRoute: FastifySchema = {
  summary: "Makes the first user, or a new password, with the setup code",
  body: setupBody,
  response: { 200: sessionSchema },
};
const loginRoute: FastifySchema = { summary: "Signs in", body: loginBody, response: { 200: sessionSchema } };
const logoutRoute: FastifySchema = { summary: "Signs out", response: done("Nobody is signed in any more.") };

/** `/api/v1/session`, `/setup`, `/login`, `/logout`: who is signed in, and signing in and out. */
export function serveSession(app: FastifyInstance, accounts: AccessControl, limiter: LoginLimiter): void {
  app.get(
    "/api/v1/session",
    { config: { access: "public" }, schema: sessionRoute },
    async ({ caller, raw }, reply) => {
      const user = accounts.userOf(sessionSecret(raw) ?? "");
      return await reply
        .header("cache-control", "no-store")
        .send(await sessionOf(user, caller?.scopes ?? []));
    },
  );
  app.post<{ Body: Static<typeof setupBody> }>(
    "/api/v1/setup",
    { config: { access: "public", action: "set up" }, schema: setupRoute },
    async (request, reply) => {
      const { code, name, password } = request.body;
      const wrong = "this is not the setup code, or it was used already";
      return await begin(request, reply, wrong, () => accounts.setUp(code, name, password));
    },
  );
  app.post<{ Body: Static<typeof loginBody> }>(
    "/api/v1/login",
    { config: { access: "public", action: "sign in" }, schema: loginRoute },
    async (request, reply) => {
      const { name, password } = request.body;
      const wrong = "the name or the password is wrong";
      return await begin(request, reply, wrong, () => accounts.signIn(name, password));
    },
  );
  app.post(
    "/api/v1/logout",
    { config: { access: "public", action: "sign out" }, schema: logoutRoute },
    async ({ raw }, reply) => {
      const secret = sessionSecret(raw);
      if (secret !== null) await accounts.signOut(secret);
      return await reply.header("set-cookie", sessionCookie(raw, null)).code(204).send();
    },
  );

  async function begin(
    request: FastifyRequest<{ Body: { name: string } }>,
    reply: FastifyReply,
    wrong: string,
    signIn: () => Promise<SignIn>,
  ): Promise<FastifyReply> {
    const { ip, raw } = request;
    const waitMs = limiter.take(ip);
    if (waitMs > 0) return tooManyTries(reply, waitMs);
    const outcome = await signIn();
    if (outcome === "busy") return tooMuchAtOnce(reply);
    if (outcome === "wrong") {
      // Not whatever was typed: people type passwords there.
      const known = accounts.users.get(request.body.name)?.name;
      request.note = `refused${known === undefined ? "" : `: ${known}`}`;
      return sendProblem(reply, 401, wrong);
    }
    limiter.giveBack(ip);
    // Whatever session the browser had before, it has a new one now.
    const before = sessionSecret(raw);
    if (before !== null) await accounts.signOut(before);
    const { user, secret } = outcome;
    request.caller = { kind: "user", name: user.name, scopes: scopesOf(user.role) };
    return await reply
      .headers({ "cache-control": "no-store", "set-cookie": sessionCookie(raw, secret) })
      .send(await sessionOf(user, scopesOf(user.role)));
  }

  async function sessionOf(user: { name: string; role: Role } | null, scopes: readonly Scope[]) {
    return {
      setupNeeded: await accounts.needsSetup(),
      user: user === null ? null : { name: user.name, role: user.role },
      scopes,
    };
  }
}

export function tooManyTries(reply: FastifyReply, waitMs: number): FastifyReply {
  const seconds = Math.ceil(waitMs / 1000);
  return sendProblem(
    reply.header("retry-after", seconds),
    429,
    `too many wrong passwords from your address; try again in ${seconds} s`,
  );
}

export function tooMuchAtOnce(reply: FastifyReply): FastifyReply {
  return sendProblem(
    reply.header("retry-after", 2),
    429,
    "too many passwords at once; try again in a moment",
  );
}
