import { isLanguage, languageNames } from "../i18n/languages.ts";
import { useServices, useText } from "../services.ts";
import { useStore } from "../store.ts";
import { ChoiceField } from "./field.tsx";

/** The language of the page, in this browser. */
export function LanguageChoice() {
  const { language } = useServices().preferences;
  return (
    <ChoiceField
      label={useText().language}
      value={useStore(language)}
      options={Object.entries(languageNames)}
      onChange={(tag) => {
        if (isLanguage(tag)) language.value = tag;
      }}
    />
  );
}
