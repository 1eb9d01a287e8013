import type { Dictionary } from "./i18n/en.ts";
import { dictionaries } from "./i18n/languages.ts";
import type { KnownAlarm, LiveFeed } from "./live/live-feed.ts";
import type { Preferences } from "./preferences.ts";

/** Why this browser can't show notifications, or whether a person lets it. */
export function notificationState(): "unsupported" | "insecure" | NotificationPermission {
  if (!isSecureContext) return "insecure";
  return "Notification" in globalThis ? Notification.permission : "unsupported";
}

/** Tells of an alarm outside of the page, for as long as that is open: in its title, and as a notification. */
export class Notifier {
  readonly #preferences: Preferences;
  #wasActive = false;

  constructor(feed: LiveFeed, preferences: Preferences) {
    this.#preferences = preferences;
    feed.alarm.subscribe((alarm) => this.#update(alarm));
  }

  #update(alarm: KnownAlarm | null): void {
    const text = dictionaries[this.#preferences.language.value];
    const active = alarm?.news.active ?? false;
    document.title = active ? `⚠ ${text.phases.alarm} – Xnorcam` : "Xnorcam";
    // Gone with the connection is not over.
    if (alarm === null) return;
    if (active && !this.#wasActive) this.#notify(text, alarm.news.reason ?? "");
    this.#wasActive = active;
  }

  #notify(text: Dictionary, reason: string): void {
    if (!this.#preferences.notifications.value || notificationState() !== "granted") return;
    const notification = this.#show(text.phases.alarm, reason);
    if (notification === null) return;
    notification.onclick = () => {
      window.focus();
      location.hash = "#/live";
      notification.close();
    };
  }

  #show(title: string, body: string): Notification | null {
    try {
      return new Notification(title, { body, tag: "alarm", icon: "/favicon.svg", requireInteraction: true });
    } catch {
      // Chrome on Android lets only a service worker show one; the page's title tells it all the same.
      return null;
    }
  }
}
