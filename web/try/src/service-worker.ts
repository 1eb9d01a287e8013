/**
 * Keeps the page in the browser, so that it works without a network from the second visit on. `scripts/try.mjs` writes the
 * list of files before this script, with a version of what is in them: another version is another script, by which the
 * browser notices.
 */
declare const precache: { readonly version: string; readonly files: readonly string[] };
const worker = self as unknown as ServiceWorkerGlobalScope;

const prefix = "xnorcam-try-";
const cacheName = prefix + precache.version;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(cacheName);
      await cache.addAll(precache.files);
      await worker.skipWaiting();
    })(),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
      await Promise.all(old.map((name) => caches.delete(name)));
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const isOurs = request.method === "GET" && request.url.startsWith(worker.registration.scope);
  if (isOurs) event.respondWith(answer(event));
});

/** So long a list of the models may take before the one that was kept is taken. */
const patienceMs = 3000;

/**
 * The page's own files change with its version only. Models, and the list of them, may change on the camera at any time:
 * the list is asked for first, a model is given as it was kept and brought up to date for the next time.
 */
async function answer(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request.mode === "navigate" ? "./" : request, { ignoreSearch: true });
  if (kept === undefined) return await fetchAndKeep(request, cache);
  const path = request.url.slice(worker.registration.scope.length);
  if (path !== "models.json" && !path.startsWith("models/")) return kept;
  const newest = fetchAndKeep(request, cache).catch(() => kept);
  event.waitUntil(newest);
  const waitMs = path === "models.json" ? patienceMs : 0;
  return await Promise.race([newest, new Promise<Response>((resolve) => setTimeout(resolve, waitMs, kept))]);
}

/** A model that was chosen works offline from then on. */
async function fetchAndKeep(request: Request, cache: Cache): Promise<Response> {
  const response = await fetch(request);
  // Where the browser has no room left, the page works all the same, only not offline.
  if (response.ok) await cache.put(request, response.clone()).catch(() => {});
  return response;
}
