import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { inProject } from "../project-folder.ts";
import { isModelPath, listTryModels } from "./try-models.ts";

/** What `scripts/try.mjs` builds, and the models. */
const pageRoot = inProject("dist/try");
const modelsRoot = inProject("models");

/** The page opens the viewer's own camera and computes in WebAssembly; it uploads nothing. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self'; media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "permissions-policy": "camera=(self), microphone=(), geolocation=()",
};

/**
 * `/try/`: the detector in the viewer's browser, as static files. The models are those of the device, so that a release
 * does not hold them twice.
 */
export async function serveTry(app: FastifyInstance): Promise<void> {
  // It shows nothing of this camera.
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, access: "public" };
    // Files, not a part of the interface for programs.
    route.schema = { ...route.schema, hide: true };
  });
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  // Asked for each time, answered by 304, as the dashboard is.
  const common = { decorateReply: false, maxAge: 0 };
  await app.register(fastifyStatic, {
    ...common,
    root: modelsRoot,
    prefix: "/try/models/",
    index: false,
    allowedPath: (path) => isModelPath(path.slice(1)),
  });
  // What is installed now, in place of the list that was written when the page was built.
  app.get("/try/models.json", async (_request, reply) => {
    reply.header("cache-control", "no-cache");
    return await listTryModels(modelsRoot);
  });
  await app.register(fastifyStatic, { ...common, root: pageRoot, prefix: "/try/" });
  // Its addresses are relative to the folder.
  app.get("/try", (_request, reply) => reply.redirect("/try/"));
}
