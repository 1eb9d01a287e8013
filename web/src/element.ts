/** The element of index.html with this id; both come from the same folder, so that it is there. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

interface Attributes {
  class?: string;
  /** `data-…` attributes. */
  data?: Record<string, string>;
}

/** `<tag class data-…>children</tag>`; text is always set as text. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (attributes.class !== undefined) made.className = attributes.class;
  Object.assign(made.dataset, attributes.data);
  made.append(...children);
  return made;
}

/** Sets text only where it changes, so that screen readers are not told the same thing each second. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
