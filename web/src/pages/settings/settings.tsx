import "../../style/settings.css";
import { useEffect, useRef, useState } from "preact/hooks";
import type { SettingsChange, SettingsState } from "../../../../src/server/wire.ts";
import { useAction, useAnswer } from "../../api/use-answer.ts";
import { Icon } from "../../parts/icon.tsx";
import { explain, FailedToLoad, Loading } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";
import { isTree, mergePatch, pathKey, withValue } from "./draft.ts";
import { SettingsFormContext } from "./form-context.ts";
import { SectionList } from "./sections.tsx";

/** All settings of the camera, as its own schema describes them. */
export function Settings() {
  const text = useText();
  const answer = useAnswer<SettingsState>("/settings");
  return (
    <>
      <h1>{text.pages.settings}</h1>
      {answer.state === "loading" && <Loading />}
      {answer.state === "failed" && <FailedToLoad error={answer.error} reload={answer.reload} />}
      {answer.state === "ready" && <SettingsForm saved={answer.data} onSaved={answer.reload} />}
    </>
  );
}

function SettingsForm({ saved, onSaved }: { saved: SettingsState; onSaved: () => void }) {
  const { api } = useServices();
  const text = useText();
  const [draft, setDraft] = useState(saved.values);
  const [done, setDone] = useState<SettingsChange | null>(null);
  // What the camera made of the change is what goes on from here.
  useEffect(() => setDraft(saved.values), [saved]);
  const patch = mergePatch(saved.values, draft);
  const save = useAction(async () => {
    setDone(await api.send<SettingsChange>("PATCH", "/settings", patch ?? {}));
    onSaved();
  });
  const errors = new Map(save.error?.fields.map(({ path, message }) => [pathKey(path), message]));
  const summary = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (save.error !== null) summary.current?.focus();
  }, [save.error]);

  return (
    <form
      class="settings"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
    >
      <PathNotice words={text.settings.restart} paths={saved.restart} />
      <PathNotice words={text.settings.overridden} paths={saved.overridden} />
      <div ref={summary} tabIndex={-1} role="alert" class="notice-slot">
        {save.error && (
          <div class="notice failed">
            <Icon name="warning" />
            <div>
              <p>{explain(save.error, text)}</p>
              {save.error.fields.length > 0 && (
                <ul>
                  {save.error.fields.map(({ path, message }) => (
                    <li key={path}>{message}</li>
                  ))}
                </ul>
              )}
            </div>
          </div>
        )}
      </div>
      <SettingsFormContext.Provider
        value={{
          errors,
          change: (path, value) => {
            setDone(null);
            setDraft((before) => {
              const after = withValue(before, path, value);
              return isTree(after) ? after : before;
            });
          },
        }}
      >
        <SectionList schema={saved.schema} values={draft} saved={saved.values} errors={errors} />
      </SettingsFormContext.Provider>
      <div class="save-bar" data-state={patch !== null ? "changed" : done !== null ? "saved" : "same"}>
        <p role="status">
          {patch !== null
            ? text.settings.changed
            : done !== null
              ? text.settings.applied(done.restart.length)
              : ""}
        </p>
        {patch !== null && (
          <button type="button" onClick={() => setDraft(saved.values)}>
            {text.discard}
          </button>
        )}
        {patch !== null && (
          <button type="submit" class="primary" disabled={save.busy}>
            {text.save}
          </button>
        )}
      </div>
    </form>
  );
}

/** What there is to know of some settings. */
function PathNotice({ words, paths }: { words: string; paths: readonly string[] }) {
  if (paths.length === 0) return null;
  return (
    <div class="notice" role="status">
      <Icon name="warning" />
      <div>
        <p>{words}</p>
        <ul>
          {paths.map((path) => (
            <li key={path}>
              <code>{path}</code>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
