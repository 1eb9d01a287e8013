import { type Dictionary, en } from "./en.ts";
import { ja } from "./ja.ts";

export const dictionaries = { en, ja } satisfies Record<string, Dictionary>;

export type Language = keyof typeof dictionaries;

/** Each in itself, as its speakers look for it. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", ja: "日本語" };

export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(dictionaries, tag);
}
