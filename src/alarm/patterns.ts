/** How an output sounds while it is on. */
export type Pattern = "steady" | "pulse" | "siren" | "sos";

/** Morse code's unit: a dot is one long, a dash three; letters are three apart, words seven (ITU-R M.1677-1). */
const unitMs = 200;
const dot = [unitMs, unitMs];
const dash = [3 * unitMs, unitMs];
const letter = (...signs: number[][]) => [...signs.flat().slice(0, -1), 3 * unitMs];
const sos = [...letter(dot, dot, dot), ...letter(dash, dash, dash), ...letter(dot, dot, dot)];

/**
 * Milliseconds on, off, on, off, …, and then from the start again. Null stays on.
 *
 * "siren" is the temporal-three signal of ISO 8201, which people know as "leave the building": three times half a
 * second, then a pause.
 */
export const patterns: Readonly<Record<Pattern, readonly number[] | null>> = {
  steady: null,
  pulse: [500, 500],
  siren: [500, 500, 500, 500, 500, 1500],
  sos: [...sos.slice(0, -1), 7 * unitMs],
};
