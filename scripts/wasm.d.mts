/** @returns undefined, or one line that says what went wrong */
export function buildWasm(folder?: string): string | undefined;
