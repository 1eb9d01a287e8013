export const unbundled: readonly string[];
export function bundleProgram(folder?: string): Promise<string[] | undefined>;
