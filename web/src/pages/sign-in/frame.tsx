import type { ComponentChildren } from "preact";
import { LanguageChoice } from "../../parts/language-choice.tsx";

/** A page for people who are not in yet. */
export function Frame({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="gate">
      <p class="brand">
        <img src="/favicon.svg" alt="" width="40" height="40" />
        Xnorcam
      </p>
      <div class="card">
        <h1>{title}</h1>
        {children}
      </div>
      <LanguageChoice />
    </main>
  );
}
