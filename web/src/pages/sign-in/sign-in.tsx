import { useState } from "preact/hooks";
import { useAction } from "../../api/use-answer.ts";
import { TextField } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";
import { Frame } from "./frame.tsx";

/** For who has an account. */
export function SignIn() {
  return (
    <Frame title={useText().signIn.title}>
      <SignInForm />
    </Frame>
  );
}

/** Name and password of somebody who has an account. */
export function SignInForm() {
  const { session } = useServices();
  const text = useText();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { run, busy, error } = useAction(() => session.signIn(name, password));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <TextField label={text.signIn.name} value={name} onChange={setName} autocomplete="username" required />
      <TextField
        label={text.signIn.password}
        type="password"
        value={password}
        onChange={setPassword}
        autocomplete="current-password"
        required
      />
      <ErrorNotice error={error} />
      <button type="submit" class="primary" disabled={busy}>
        {text.signIn.submit}
      </button>
    </form>
  );
}
