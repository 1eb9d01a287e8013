import { createContext } from "preact";
import type { Path } from "./draft.ts";

/** What every field of the form needs of it. */
interface SettingsFormState {
  /** By the keys of `pathKey`. */
  errors: ReadonlyMap<string, string>;
  change: (path: Path, value: unknown) => void;
}

export const SettingsFormContext = createContext<SettingsFormState>({ errors: new Map(), change: () => {} });
