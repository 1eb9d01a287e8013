import { useState } from "preact/hooks";
import type { Role, UserEntry } from "../../../../src/server/wire.ts";
import { useAction, useAnswer } from "../../api/use-answer.ts";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { ChoiceField, TextField } from "../../parts/field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ErrorNotice, FailedToLoad, Loading } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";

/** Who has an account. @param self who can't remove the own one */
export function Users({ self }: { self: string }) {
  const text = useText();
  const { api } = useServices();
  const answer = useAnswer<{ users: UserEntry[] }>("/users");
  const remove = useAction(async (name: string) => {
    await api.send("DELETE", `/users/${encodeURIComponent(name)}`);
    answer.reload();
  });
  return (
    <section class="card" aria-labelledby="users-title">
      <h2 id="users-title">{text.account.users}</h2>
      {answer.state === "loading" && <Loading />}
      {answer.state === "failed" && <FailedToLoad error={answer.error} reload={answer.reload} />}
      {answer.state === "ready" && (
        <>
          <ul class="rows">
            {answer.data.users.map(({ name, role }) => (
              <li key={name}>
                <span>
                  {name} <small>{text.account.roles[role]}</small>
                </span>
                {name !== self && (
                  <ConfirmButton
                    class="quiet"
                    label={text.account.remove}
                    question={text.account.removeUser(name)}
                    disabled={remove.busy}
                    onConfirm={() => remove.run(name)}
                  />
                )}
              </li>
            ))}
          </ul>
          <ErrorNotice error={remove.error} />
          <NewUser onAdded={answer.reload} />
        </>
      )}
    </section>
  );
}

function NewUser({ onAdded }: { onAdded: () => void }) {
  const text = useText();
  const { api } = useServices();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const add = useAction(async () => {
    await api.send("POST", "/users", { name, password, role });
    setName("");
    setPassword("");
    onAdded();
  });
  return (
    <details>
      <summary>
        <Icon name="plus" />
        {text.account.addUser}
      </summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.run();
        }}
      >
        <TextField label={text.signIn.name} value={name} onChange={setName} autocomplete="off" required />
        <TextField
          label={text.signIn.password}
          help={text.firstStart.passwordHelp}
          type="password"
          value={password}
          onChange={setPassword}
          autocomplete="new-password"
          required
        />
        <ChoiceField
          label={text.account.role}
          value={role}
          options={Object.entries(text.account.rolesLong)}
          onChange={(chosen) => setRole(chosen === "admin" ? "admin" : "viewer")}
        />
        <ErrorNotice error={add.error} />
        <button type="submit" disabled={add.busy}>
          {text.account.addUser}
        </button>
      </form>
    </details>
  );
}
