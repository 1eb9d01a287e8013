import { App } from "./app.ts";
import { byId, setText } from "./element.ts";

const app = new App();
void app.start();

if ("serviceWorker" in navigator) {
  // Relative to the page; refused where a host gives the script another type, and then the page works online only.
  navigator.serviceWorker
    .register("./sw.js")
    .then(() => navigator.serviceWorker.ready)
    .then(() => setText(byId("offline"), "works offline"))
    .catch(() => setText(byId("offline"), "works online only"));
}
