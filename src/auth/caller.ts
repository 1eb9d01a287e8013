/** What a token may be good for; `admin` is good for everything. */
export const scopes = ["view", "alarm", "settings", "admin"] as const;
export type Scope = (typeof scopes)[number];

export const roles = ["viewer", "admin"] as const;
export type Role = (typeof roles)[number];

/** Who sent a request. */
export interface Caller {
  /** `anyone` is a stranger where watching needs no login. */
  readonly kind: "user" | "token" | "anyone";
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export function scopesOf(role: Role): readonly Scope[] {
  return role === "admin" ? ["admin"] : ["view"];
}

/** Whether whoever has `has` may do what `needed` asks for. */
export function grants(has: readonly Scope[], needed: Scope): boolean {
  return has.includes("admin") || has.includes(needed);
}
