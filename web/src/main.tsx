import "./style/base.css";
import "./style/controls.css";
import "./style/shell.css";
import { render } from "preact";
import { Api } from "./api/api.ts";
import { App } from "./app.tsx";
import { LiveFeed } from "./live/live-feed.ts";
import { Notifier } from "./notifier.ts";
import { Preferences } from "./preferences.ts";
import { ServicesContext } from "./services.ts";
import { isInside, Session } from "./session.ts";

const api = new Api();
const session = new Session(api);
const feed = new LiveFeed();
const preferences = new Preferences(localStorage, navigator.languages);
new Notifier(feed, preferences);

session.access.subscribe((access) => {
  if (isInside(access)) feed.start();
  else feed.stop();
});
// A session that ended closes the stream.
feed.onLost = () => void session.check();
preferences.language.subscribe((language) => {
  document.documentElement.lang = language;
});
document.documentElement.lang = preferences.language.value;

render(
  <ServicesContext.Provider value={{ api, session, feed, preferences }}>
    <App />
  </ServicesContext.Provider>,
  document.getElementById("app")!,
);
void session.refresh();
