import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/api.ts";
import type { Dictionary } from "../i18n/en.ts";
import { useText } from "../services.ts";
import { Icon, type IconName } from "./icon.tsx";

/** What to tell a person of an answer that is an error. */
export function explain({ status, message }: ApiError, text: Dictionary): string {
  if (status === 0) return text.problems.unreachable;
  return message || text.problems.other(status);
}

/** How something failed that was tried; nothing while nothing did. */
export function ErrorNotice({ error }: { error: ApiError | null }) {
  const text = useText();
  return (
    <div role="alert" class="notice-slot">
      {error && (
        <p class="notice failed">
          <Icon name="warning" />
          {explain(error, text)}
        </p>
      )}
    </div>
  );
}

/** In place of what a request that failed would have brought. */
export function FailedToLoad({ error, reload }: { error: ApiError; reload: () => void }) {
  const text = useText();
  // The address itself is unknown: the camera runs a program without this part.
  const lacks = error.status === 404;
  return (
    <Empty icon="warning" title={lacks ? text.problems.lacks : text.problems.failedToLoad}>
      <p>{lacks ? text.problems.lacksDetail : explain(error, text)}</p>
      {!lacks && (
        <button type="button" onClick={reload}>
          {text.problems.again}
        </button>
      )}
    </Empty>
  );
}

export function Loading() {
  return (
    <p class="loading" role="status">
      {useText().problems.loading}
    </p>
  );
}

/** Says what would be here, and what to do about it. */
export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty-state">
      <Icon name={props.icon} />
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}
