export interface NewInstructions {
  newer: string[];
  neon: number;
}
export function findNewInstructions(file: string): NewInstructions;
export function scan(listing: string): NewInstructions;
