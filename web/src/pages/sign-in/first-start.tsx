import { useState } from "preact/hooks";
import { useAction } from "../../api/use-answer.ts";
import { TextField } from "../../parts/field.tsx";
import { ErrorNotice } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";
import { Frame } from "./frame.tsx";

/** A camera that has no account yet. */
export function FirstStart() {
  return (
    <Frame title={useText().firstStart.title}>
      <FirstStartForm />
    </Frame>
  );
}

/** Makes the first account, for who has the code that the camera wrote when it started. */
export function FirstStartForm() {
  const { session } = useServices();
  const text = useText();
  const [code, setCode] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { run, busy, error } = useAction(() => session.setUp(code.trim(), name, password));
  return (
    <>
      <p class="help">{text.firstStart.intro}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <TextField
          label={text.firstStart.code}
          help={text.firstStart.codeHelp}
          value={code}
          onChange={setCode}
          autocomplete="one-time-code"
          required
        />
        <TextField
          label={text.firstStart.name}
          value={name}
          onChange={setName}
          autocomplete="username"
          required
        />
        <TextField
          label={text.firstStart.password}
          help={text.firstStart.passwordHelp}
          type="password"
          value={password}
          onChange={setPassword}
          autocomplete="new-password"
          required
        />
        <ErrorNotice error={error} />
        <button type="submit" class="primary" disabled={busy}>
          {text.firstStart.submit}
        </button>
      </form>
    </>
  );
}
