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
  if (isOurs) event.respondWith(answer(request));
});

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(request.mode === "navigate" ? "./" : request, { ignoreSearch: true });
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  // A model that was chosen works offline from then on.
  if (response.ok) await cache.put(request, response.clone());
  return response;
}
