/** Sections and lists in each other, of which the deepest setting has five. */
const mostLevels = 32;

/** Whether a value is nested so deeply that it can be no settings, and whoever looks at all of it runs out of stack. */
export function isTooDeep(value: unknown, levels = mostLevels): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}
