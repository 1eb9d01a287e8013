import { useEffect, useState } from "preact/hooks";

export const pages = ["live", "events", "zones", "settings", "health", "account"] as const;
export type PageName = (typeof pages)[number];

/** Where the page is: `#/events/12?class=knife`. */
export interface Route {
  page: PageName;
  /** What stands behind the page's name; "" for nothing. */
  item: string;
  query: URLSearchParams;
}

/** Unknown addresses lead to the live picture. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [name = "", item = ""] = path.split("/");
  const page = pages.find((each) => each === name);
  if (page === undefined) return { page: "live", item: "", query: new URLSearchParams() };
  return { page, item: safelyDecoded(item), query: new URLSearchParams(query) };
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export function addressOf(page: PageName, item = "", query?: URLSearchParams): string {
  const search = query?.toString() ?? "";
  return `#/${page}${item && `/${encodeURIComponent(item)}`}${search && `?${search}`}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
