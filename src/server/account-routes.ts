import { type Static, Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifySchema } from "fastify";
import type { AccessControl } from "../auth/access-control.ts";
import { roles, scopes } from "../auth/caller.ts";
import type { LoginLimiter } from "../auth/login-limiter.ts";
import {
  addedTokenSchema,
  addedUserSchema,
  auditSchema,
  done,
  tokensSchema,
  usersSchema,
} from "./account-schema.ts";
import { sendProblem } from "./problem.ts";
import { sessionCookie } from "./session-cookie.ts";
import { givenPassword, newPassword, tooManyTries, tooMuchAtOnce, userName } from "./session-routes.ts";

const literals = <Word extends string>(words: readonly Word[]) =>
  Type.Unsafe<Word>(Type.Union(words.map((word) => Type.Literal(word))));

const userBody = Type.Object(
  { name: userName, password: newPassword, role: literals(roles) },
  { additionalProperties: false },
);
const passwordBody = Type.Object({ old: givenPassword, new: newPassword }, { additionalProperties: false });
const tokenBody = Type.Object(
  { name: userName, scopes: Type.Array(literals(scopes), { minItems: 1, maxItems: scopes.length }) },
  { additionalProperties: false },
);
const auditQuery = Type.Object(
  {
    before: Type.Optional(Type.Integer({ minimum: 1 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  },
  { additionalProperties: false },
);
const defaultLimit = 100;

const usersRoute: FastifySchema = { summary: "Who may sign in", response: { 200: usersSchema } };
const addUserRoute: FastifySchema = {
  summary: "Adds a user",
  body: userBody,
  response: { 201: addedUserSchema },
};
const removeUserRoute: FastifySchema = {
  summary: "Removes a user",
  response: done("The user is gone, and so are the sessions."),
};
const passwordRoute: FastifySchema = {
  summary: "Changes one's own password",
  body: passwordBody,
  response: done("It holds; other sessions have ended, and this one has a new cookie."),
};
const tokensRoute: FastifySchema = { summary: "Keys for programs", response: { 200: tokensSchema } };
const addTokenRoute: FastifySchema = {
  summary: "Makes a token",
  body: tokenBody,
  response: { 201: addedTokenSchema },
};
const removeTokenRoute: FastifySchema = {
  summary: "Removes a token",
  response: done("It opens nothing any more."),
};
const auditRoute: FastifySchema = {
  summary: "Who did what",
  querystring: auditQuery,
  response: { 200: auditSchema },
};

const forAdmins = { access: "admin" } as const;

/** `/api/v1/users`, `/account/password`, `/tokens` and `/audit`. */
export function serveAccounts(app: FastifyInstance, accounts: AccessControl, limiter: LoginLimiter): void {
  const { users, tokens } = accounts;

  app.get("/api/v1/users", { config: forAdmins, schema: usersRoute }, (_request, reply) =>
    reply
      .header("cache-control", "no-store")
      .send({ users: users.all.map(({ name, role, since }) => ({ name, role, since })) }),
  );
  app.post<{ Body: Static<typeof userBody> }>(
    "/api/v1/users",
    { config: { ...forAdmins, action: "add user" }, schema: addUserRoute },
    async (request, reply) => {
      const { name, role, password } = request.body;
      const outcome = await accounts.addUser(name, role, password);
      if (outcome === "busy") return tooMuchAtOnce(reply);
      if (outcome === "taken") return sendProblem(reply, 409, `there is a user ${name} already`);
      request.note = `${name}, ${role}`;
      return await reply.code(201).send({ name, role });
    },
  );
  app.delete<{ Params: { name: string } }>(
    "/api/v1/users/:name",
    { config: { ...forAdmins, action: "remove user" }, schema: removeUserRoute },
    async ({ params: { name } }, reply) => {
      if (users.get(name) === null) return sendProblem(reply, 404, `there is no user ${name}`);
      if (await accounts.removeUser(name)) return await reply.code(204).send();
      return sendProblem(reply, 409, `${name} is the last admin; make another one first`);
    },
  );

  app.put<{ Body: Static<typeof passwordBody> }>(
    "/api/v1/account/password",
    { config: { access: "view", action: "change password" }, schema: passwordRoute },
    async (request, reply) => {
      const { caller, ip, body } = request;
      if (caller?.kind !== "user") return sendProblem(reply, 403, "only who is signed in has a password");
      const waitMs = limiter.take(ip);
      if (waitMs > 0) return tooManyTries(reply, waitMs);
      const outcome = await accounts.changePassword(caller.name, body.old, body.new);
      if (outcome === "busy") return tooMuchAtOnce(reply);
      if (outcome === "wrong") {
        request.note = "refused: the old password was wrong";
        return sendProblem(reply, 403, "the old password is wrong");
      }
      limiter.giveBack(ip);
      return await reply.header("set-cookie", sessionCookie(request.raw, outcome.secret)).code(204).send();
    },
  );

  app.get("/api/v1/tokens", { config: forAdmins, schema: tokensRoute }, (_request, reply) =>
    reply
      .header("cache-control", "no-store")
      .send({ tokens: tokens.all.map(({ hash: _, ...token }) => token) }),
  );
  app.post<{ Body: Static<typeof tokenBody> }>(
    "/api/v1/tokens",
    { config: { ...forAdmins, action: "add token" }, schema: addTokenRoute },
    async (request, reply) => {
      const { name, scopes: granted } = request.body;
      const added = await tokens.add(name, granted);
      if (added === null) return sendProblem(reply, 409, "there are too many tokens; remove one first");
      request.note = `${name}: ${granted.join(", ")}`;
      return await reply.header("cache-control", "no-store").code(201).send(added);
    },
  );
  app.delete<{ Params: { id: string } }>(
    "/api/v1/tokens/:id",
    { config: { ...forAdmins, action: "remove token" }, schema: removeTokenRoute },
    async ({ params: { id } }, reply) =>
      (await accounts.removeToken(id))
        ? await reply.code(204).send()
        : sendProblem(reply, 404, "there is no such token"),
  );

  app.get<{ Querystring: Static<typeof auditQuery> }>(
    "/api/v1/audit",
    { config: forAdmins, schema: auditRoute },
    async ({ query: { limit = defaultLimit, before } }, reply) =>
      await reply.header("cache-control", "no-store").send(await accounts.audit.read(limit, before)),
  );
}
