import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "./api/api.ts";
import type { Dictionary } from "./i18n/en.ts";
import { dictionaries } from "./i18n/languages.ts";
import type { LiveFeed } from "./live/live-feed.ts";
import type { Preferences } from "./preferences.ts";
import type { Session } from "./session.ts";
import { useStore } from "./store.ts";

/** What every part of the page may use. */
export interface Services {
  api: Api;
  session: Session;
  feed: LiveFeed;
  preferences: Preferences;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  return useContext(ServicesContext)!;
}

/** All texts, in the language of the page. */
export function useText(): Dictionary {
  return dictionaries[useStore(useServices().preferences.language)];
}
