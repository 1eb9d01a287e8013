import { useCallback, useEffect, useState } from "preact/hooks";
import { useServices } from "../services.ts";
import { ApiError } from "./api.ts";

/** What became of a request. */
export type Answered<Answer> =
  | { state: "loading"; data: null; error: null }
  | { state: "ready"; data: Answer; error: null }
  | { state: "failed"; data: null; error: ApiError };

/** Asks when the component appears and whenever the path changes; null asks nothing. */
export function useAnswer<Answer>(path: string | null): Answered<Answer> & {
  reload: () => void;
  replace: (data: Answer) => void;
} {
  const { api } = useServices();
  const [answered, setAnswered] = useState<Answered<Answer>>(nothingYet);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return;
    let isWanted = true;
    api.get<Answer>(path).then(
      (data) => isWanted && setAnswered({ state: "ready", data, error: null }),
      (error: unknown) => isWanted && setAnswered({ state: "failed", data: null, error: error as ApiError }),
    );
    return () => {
      isWanted = false;
    };
  }, [api, path, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const replace = useCallback((data: Answer) => setAnswered({ state: "ready", data, error: null }), []);
  return { ...answered, reload, replace };
}

const nothingYet = { state: "loading", data: null, error: null } as const;

/** Something that a person sets off: whether it runs, and how it failed last. */
export function useAction<Args extends unknown[]>(action: (...args: Args) => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const run = async (...args: Args): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      await action(...args);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run: (...args: Args): void => void run(...args), attempt: run, busy, error };
}
