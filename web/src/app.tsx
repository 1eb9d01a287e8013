import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Account } from "./pages/account/account.tsx";
import { EventPlayerPage } from "./pages/events/event-page.tsx";
import { Events } from "./pages/events/events.tsx";
import { Health } from "./pages/health/health.tsx";
import { Live } from "./pages/live/live.tsx";
import { Settings } from "./pages/settings/settings.tsx";
import { FirstStart } from "./pages/sign-in/first-start.tsx";
import { SignIn } from "./pages/sign-in/sign-in.tsx";
import { Unreachable } from "./pages/sign-in/unreachable.tsx";
import { Zones } from "./pages/zones/zones.tsx";
import { type PageName, type Route, useRoute } from "./router.ts";
import { useServices, useText } from "./services.ts";
import { mayChange } from "./session.ts";
import { Header, Navigation } from "./shell.tsx";
import { useStore } from "./store.ts";

const pageParts: Readonly<Record<PageName, ComponentType<{ route: Route }>>> = {
  live: Live,
  events: ({ route }) =>
    route.item === "" ? <Events route={route} /> : <EventPlayerPage key={route.item} route={route} />,
  zones: Zones,
  settings: Settings,
  health: Health,
  account: Account,
};

/** Pages for people who may change something. */
const changing: readonly PageName[] = ["zones", "settings"];

/** The whole page: what lets people in, then the pages. */
export function App() {
  const access = useStore(useServices().session.access);
  switch (access.state) {
    case "loading":
      return null;
    case "unreachable":
      return <Unreachable />;
    case "setup":
      return <FirstStart />;
    case "signed-out":
      return <SignIn />;
    case "open":
    case "guest":
    case "signed-in":
      return (
        <Inside pages={mayChange(access) ? allPages : allPages.filter((page) => !changing.includes(page))} />
      );
  }
}

const allPages = Object.keys(pageParts) as PageName[];

function Inside({ pages }: { pages: readonly PageName[] }) {
  const text = useText();
  const route = useRoute();
  const page = pages.includes(route.page) ? route.page : "live";
  const Part = pageParts[page];
  const main = useFocusOnChange(`${page}/${route.item}`);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {text.skip}
      </button>
      <Header />
      <Navigation pages={pages} current={page} />
      <main ref={main} tabIndex={-1} class={`page-${page}`}>
        <Part route={route} />
      </main>
    </>
  );
}

/** A page without reloads must itself tell screen readers that another part of it is shown. */
function useFocusOnChange(address: string) {
  const main = useRef<HTMLElement>(null);
  const last = useRef(address);
  useEffect(() => {
    if (last.current === address) return;
    last.current = address;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [address]);
  return main;
}
