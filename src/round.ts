/** A number to so many decimals, for JSON and pages. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
