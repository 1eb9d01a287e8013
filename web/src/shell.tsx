import { Icon } from "./parts/icon.tsx";
import { addressOf, type PageName } from "./router.ts";
import { useServices, useText } from "./services.ts";
import { useStore } from "./store.ts";

/** Name, and whether the camera is heard. */
export function Header() {
  const text = useText();
  const connection = useStore(useServices().feed.connection);
  const alarm = useStore(useServices().feed.alarm);
  return (
    <header class="top">
      <a class="brand" href={addressOf("live")}>
        <img src="/favicon.svg" alt="" width="28" height="28" />
        Xnorcam
      </a>
      {alarm?.news.active && (
        <a class="alarm-pill" href={addressOf("live")}>
          {text.phases.alarm}
        </a>
      )}
      <p id="connection" role="status" data-state={connection}>
        {text.connection[connection]}
      </p>
    </header>
  );
}

/** At the thumb on a phone, beside the name where there is room. */
export function Navigation({ pages, current }: { pages: readonly PageName[]; current: PageName }) {
  const text = useText();
  return (
    <nav class="pages" aria-label={text.navigation}>
      {pages.map((page) => (
        <a key={page} href={addressOf(page)} aria-current={page === current ? "page" : undefined}>
          <Icon name={page} />
          <span>{text.pages[page]}</span>
        </a>
      ))}
    </nav>
  );
}
