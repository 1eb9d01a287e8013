import type { UserEntry } from "../../../../src/server/wire.ts";
import { useAction } from "../../api/use-answer.ts";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";

/** Who is signed in, and the way out. */
export function SignOut({ user }: { user: UserEntry }) {
  const text = useText();
  const { session } = useServices();
  const { run, busy, error } = useAction(() => session.signOut());
  return (
    <section class="card who" aria-label={text.account.signedIn}>
      <p>
        <strong>{user.name}</strong>
        <small>{text.account.roles[user.role]}</small>
      </p>
      <button type="button" disabled={busy} onClick={run}>
        {text.account.signOut}
      </button>
      <ErrorNotice error={error} />
    </section>
  );
}
