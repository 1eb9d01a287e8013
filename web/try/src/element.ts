/** The element of index.html with this id; both come from the same folder, so that it is there. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

/** Sets text only where it changes, so that screen readers are not told the same thing each second. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
