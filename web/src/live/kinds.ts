/** How a class is shown: which color it has. */
export type Kind = "weapon" | "person" | "animal" | "thing";

const animals = new Set(["dog", "cat"]);

export function kindOf(label: string, weapons: ReadonlySet<string>): Kind {
  if (weapons.has(label)) return "weapon";
  if (label === "person") return "person";
  return animals.has(label) ? "animal" : "thing";
}

/** Box colors on the picture: bright in both color schemes, since the picture doesn't change with them. */
export const boxColors: Readonly<Record<Kind, string>> = {
  weapon: "#ff4d4d",
  person: "#3ddc84",
  animal: "#ffd23f",
  thing: "#5aa2ff",
};
