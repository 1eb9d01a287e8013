import { useState } from "preact/hooks";
import type { TokenEntry } from "../../../../src/server/wire.ts";
import { useAction, useAnswer } from "../../api/use-answer.ts";
import { ConfirmButton } from "../../parts/confirm-button.tsx";
import { TextField } from "../../parts/field.tsx";
import { Icon } from "../../parts/icon.tsx";
import { ErrorNotice, FailedToLoad, Loading } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";

const scopes = ["view", "alarm", "settings", "admin"] as const;

/** Keys for programs that use the camera. */
export function Tokens() {
  const text = useText();
  const { api } = useServices();
  const answer = useAnswer<{ tokens: TokenEntry[] }>("/tokens");
  const remove = useAction(async (id: string) => {
    await api.send("DELETE", `/tokens/${encodeURIComponent(id)}`);
    answer.reload();
  });
  return (
    <section class="card" aria-labelledby="tokens-title">
      <h2 id="tokens-title">{text.account.tokens}</h2>
      <p class="help">{text.account.tokensHelp}</p>
      {answer.state === "loading" && <Loading />}
      {answer.state === "failed" && <FailedToLoad error={answer.error} reload={answer.reload} />}
      {answer.state === "ready" && (
        <>
          <ul class="rows">
            {answer.data.tokens.length === 0 && <li class="empty">{text.account.noTokens}</li>}
            {answer.data.tokens.map(({ id, name, scopes: granted }) => (
              <li key={id}>
                <span>
                  {name} <small>{granted.join(", ")}</small>
                </span>
                <ConfirmButton
                  class="quiet"
                  label={text.account.remove}
                  question={text.account.removeToken(name)}
                  disabled={remove.busy}
                  onConfirm={() => remove.run(id)}
                />
              </li>
            ))}
          </ul>
          <ErrorNotice error={remove.error} />
          <NewToken onAdded={answer.reload} />
        </>
      )}
    </section>
  );
}

function NewToken({ onAdded }: { onAdded: () => void }) {
  const text = useText();
  const { api } = useServices();
  const [name, setName] = useState("");
  const [granted, setGranted] = useState<readonly string[]>(["view"]);
  const [made, setMade] = useState<string | null>(null);
  const add = useAction(async () => {
    const { token } = await api.send<{ token: string }>("POST", "/tokens", { name, scopes: granted });
    setMade(token);
    setName("");
    onAdded();
  });
  return (
    <>
      {made !== null && (
        <div class="notice" role="status">
          <Icon name="check" />
          <div>
            <p>{text.account.tokenOnce}</p>
            <code class="token">{made}</code>
          </div>
        </div>
      )}
      <details>
        <summary>
          <Icon name="plus" />
          {text.account.addToken}
        </summary>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            add.run();
          }}
        >
          <TextField
            label={text.account.tokenName}
            value={name}
            onChange={setName}
            autocomplete="off"
            required
          />
          <fieldset class="checks">
            <legend>{text.account.scopes}</legend>
            {scopes.map((scope) => (
              <label key={scope} class="check">
                <input
                  type="checkbox"
                  checked={granted.includes(scope)}
                  onChange={({ currentTarget }) =>
                    setGranted(
                      scopes.filter((each) =>
                        each === scope ? currentTarget.checked : granted.includes(each),
                      ),
                    )
                  }
                />
                {text.account.scopeNames[scope]}
              </label>
            ))}
          </fieldset>
          <ErrorNotice error={add.error} />
          <button type="submit" disabled={add.busy || granted.length === 0}>
            {text.account.addToken}
          </button>
        </form>
      </details>
    </>
  );
}
