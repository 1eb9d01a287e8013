import type { ComponentChildren } from "preact";

/** "holdSeconds" → "Hold seconds" */
export function inWords(key: string): string {
  const spaced = key
    .replaceAll("-", " ")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** A description, in which names stand between backticks; of links to the documentation, which is not here, their words. */
export function Described({ text }: { text: string }): ComponentChildren {
  return text
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .split("`")
    .map((part, index) => (index % 2 === 1 ? <code key={`${index}`}>{part}</code> : part));
}
