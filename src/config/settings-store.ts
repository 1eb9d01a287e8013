import { EventEmitter } from "node:events";
import { type KeyPath, keyInWords, type SettingsProblem } from "./key-path.ts";
import { type ConfigSources, checkGiven, effectiveConfig, type LoadedConfig, loadSettings } from "./load.ts";
import { mergePatch } from "./merge-patch.ts";
import { isTooDeep } from "./nesting.ts";
import { type Config, configSchema } from "./schema.ts";
import { danglingMasks, hasSecrets, masked, unmasked } from "./secrets.ts";
import { type Change, changesBetween, isObject } from "./text/changes.ts";
import { writeConfigFile } from "./write-config-file.ts";

/** A part of the program that takes new settings while it runs. */
export interface SettingsPart {
  /** Those of the changes that it can take now; the others wait for the next start. */
  takes(changes: readonly Change[]): readonly Change[];
  /** What only this part can know to be wrong with settings, such as a class that the network lacks. */
  problems?(config: Config): readonly SettingsProblem[];
  /** Goes by these settings from now on. Called only with what `takes` has taken, and may not fail. */
  apply(config: Config): void;
}

/** For the settings page. Paths are as in messages: "alarm.zones[0].points". */
export interface SettingsView {
  /** JSON Schema, with descriptions and defaults. */
  readonly schema: object;
  /** Complete; secrets are null or "set". */
  readonly values: object;
  /** What has changed and waits for the next start. */
  readonly restart: string[];
  /** What the command line or the environment says differently, which goes first. */
  readonly overridden: string[];
}

/** What became of a change: all of it, or nothing. */
export type SettingsOutcome =
  | { readonly applied: string[]; readonly restart: string[] }
  | { readonly problems: readonly { path: string; message: string }[] };

interface StoreEvents {
  /** The settings were changed, and the parts that can go by them do. */
  change: [outcome: { applied: string[]; restart: string[] }];
}

/** Owns the settings while the program runs: shows them, changes them in their file, and hands them to the parts. */
export class SettingsStore extends EventEmitter<StoreEvents> {
  readonly #sources: ConfigSources;
  readonly #parts: SettingsPart[] = [];
  #loaded: LoadedConfig;
  /** What the parts go by, complete: what the file said at the start, and all that was taken since. */
  #running: Config;
  /** Changes are made one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** @throws XnorcamError as `loadSettings` does */
  constructor(sources: ConfigSources) {
    super();
    this.#sources = sources;
    this.#loaded = loadSettings(sources);
    this.#running = this.#loaded.values;
  }

  /** The settings, with what goes before the file. */
  get config(): Config {
    return this.#loaded.config;
  }

  /** From now on the part is given the settings that it takes. */
  connect(part: SettingsPart): void {
    this.#parts.push(part);
  }

  view(): SettingsView {
    return {
      schema: configSchema,
      values: masked(configSchema, this.#loaded.values) as object,
      restart: this.#waiting(),
      overridden: this.#overridden(),
    };
  }

  /**
   * Merges a JSON Merge Patch into the file, and lets the parts go by what comes of it. What somebody has written into
   * the file meanwhile counts, too.
   * @throws XnorcamError XC_CONFIG_UNREADABLE | XC_CONFIG_INVALID for a file that was broken by hand,
   *   XC_CONFIG_UNWRITABLE; nothing has changed then.
   */
  change(patch: unknown): Promise<SettingsOutcome> {
    const outcome = this.#last.then(() => this.#change(patch));
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  async #change(patch: unknown): Promise<SettingsOutcome> {
    const { path, given, values } = loadSettings(this.#sources);
    if (!isObject(patch) || isTooDeep(patch)) {
      const message = "the change is no section of settings: expected an object with those that change";
      return { problems: [{ path: "", message }] };
    }
    const merged = mergePatch(given, unmasked(configSchema, patch, values));
    const dangling = danglingMasks(configSchema, merged);
    if (dangling.length > 0) return { problems: dangling.map(shown) };
    const checked = checkGiven(merged);
    if ("problems" in checked) return { problems: checked.problems.map(shown) };
    const config = effectiveConfig(checked.values, checked.given, path, this.#sources);
    const objections = this.#parts.flatMap((part) => part.problems?.(config) ?? []);
    if (objections.length > 0) return { problems: objections.map(shown) };

    await writeConfigFile(path, checked.given, hasSecrets(configSchema, checked.values));
    this.#loaded = { ...checked, path, config };
    const outcome = { applied: this.#apply(), restart: this.#waiting() };
    this.emit("change", outcome);
    return outcome;
  }

  /** @returns what the parts have taken */
  #apply(): string[] {
    const changes = changesBetween(this.#running, this.#loaded.values);
    const applied = new Set<Change>();
    for (const part of this.#parts) {
      const taken = part.takes(changes);
      if (taken.length === 0) continue;
      part.apply(this.#loaded.config);
      for (const change of taken) applied.add(change);
    }
    this.#running = [...applied].reduce(
      (running, { path, value }) => withValue(running, path, value),
      this.#running,
    );
    return [...applied].map(({ path }) => keyInWords(path));
  }

  #waiting(): string[] {
    return changesBetween(this.#running, this.#loaded.values).map(({ path }) => keyInWords(path));
  }

  #overridden(): string[] {
    const { overrides = {}, env } = this.#sources;
    const keys: Record<string, unknown> = {
      "server.port": overrides.port ?? (env.PORT || undefined),
      dataDir: overrides.dataDir ?? (env.XNORCAM_DATA_DIR || undefined),
      "camera.fps": overrides.fps,
      "camera.replay": overrides.replay,
      "model.sensitivity": overrides.sensitivity,
    };
    return Object.keys(keys).filter((key) => keys[key] !== undefined);
  }
}

function shown({ path, message }: SettingsProblem): { path: string; message: string } {
  return { path: keyInWords(path), message };
}

/** A copy with another value at one place; without it, where the value is undefined. */
function withValue<Whole>(whole: Whole, [step, ...rest]: KeyPath, value: unknown): Whole {
  if (step === undefined) return value as Whole;
  if (Array.isArray(whole)) {
    return whole.map((item, index) =>
      String(index) === step ? withValue(item, rest, value) : item,
    ) as Whole;
  }
  const { [step]: inner, ...others } = whole as Record<string, unknown>;
  const changed = withValue(inner ?? (rest.length > 0 ? {} : undefined), rest, value);
  return (changed === undefined ? others : { ...others, [step]: changed }) as Whole;
}
