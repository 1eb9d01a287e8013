import { isObject } from "./text/changes.ts";

/** Makes the settings of one version into those of the next. Gets a copy; nothing in it was checked. */
export type Migration = (given: Record<string, unknown>) => Record<string, unknown>;

/**
 * The first one makes version 1 into version 2, and so on. Whoever renames or removes a setting adds one here, so that
 * the files of yesterday go on to work.
 */
export const migrations: readonly Migration[] = [];

/** Of the settings that this program writes. */
export const settingsVersion = migrations.length + 1;

/**
 * Brings what a file says to the present version; a file that says none is of the first. The file itself keeps its
 * version until its settings are changed.
 * @returns what is wrong with the version, where something is
 */
export function migrate(
  given: unknown,
  steps: readonly Migration[] = migrations,
): { given: unknown } | { problem: string } {
  if (!isObject(given)) return { given };
  const present = steps.length + 1;
  const version = given.version ?? 1;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    return { problem: `version is ${JSON.stringify(version)}, expected a whole number from 1 to ${present}` };
  }
  if (version > present) {
    return {
      problem: `version is ${version}: these settings are for a newer Xnorcam, this one knows those up to ${present}; update it, or take settings of that version`,
    };
  }
  if (version === present) return { given };
  const migrated = steps.slice(version - 1).reduce((old, step) => step(old), structuredClone(given));
  return { given: { ...migrated, version: present } };
}
