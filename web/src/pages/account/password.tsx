import { useState } from "preact/hooks";
import { useAction } from "../../api/use-answer.ts";
import { TextField } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";

/** Changes the own password. */
export function Password({ name }: { name: string }) {
  const text = useText();
  const { api } = useServices();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [isDone, setIsDone] = useState(false);
  const change = useAction(async () => {
    setIsDone(false);
    await api.send("PUT", "/account/password", { old, new: next });
    setOld("");
    setNext("");
    setIsDone(true);
  });
  return (
    <section class="card" aria-labelledby="password-title">
      <h2 id="password-title">{text.account.password}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.run();
        }}
      >
        {/* For password managers, which ask themselves whose password this is. */}
        <input
          class="hidden"
          autocomplete="username"
          value={name}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <TextField
          label={text.account.oldPassword}
          type="password"
          autocomplete="current-password"
          value={old}
          onChange={setOld}
          required
        />
        <TextField
          label={text.account.newPassword}
          help={text.firstStart.passwordHelp}
          type="password"
          autocomplete="new-password"
          value={next}
          onChange={setNext}
          required
        />
        <ErrorNotice error={change.error} />
        <div class="actions">
          <button type="submit" disabled={change.busy}>
            {text.account.changePassword}
          </button>
          <p role="status">{isDone && text.account.passwordChanged}</p>
        </div>
      </form>
    </section>
  );
}
