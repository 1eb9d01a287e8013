import { isLanguage, type Language } from "./i18n/languages.ts";
import { Store } from "./store.ts";

/** What this browser keeps of a person's wishes. */
export class Preferences {
  readonly language: Store<Language>;
  readonly notifications: Store<boolean>;

  constructor(storage: Storage, browserLanguages: readonly string[]) {
    const kept = storage.getItem("language") ?? "";
    this.language = new Store(isLanguage(kept) ? kept : preferred(browserLanguages));
    this.notifications = new Store(storage.getItem("notifications") === "on");
    this.language.subscribe((language) => storage.setItem("language", language));
    this.notifications.subscribe((on) => storage.setItem("notifications", on ? "on" : "off"));
  }
}

/** The first of a browser's languages that the page speaks. */
function preferred(browserLanguages: readonly string[]): Language {
  return browserLanguages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}
