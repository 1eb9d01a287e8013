import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { accessFolder } from "../../src/auth/access-control.ts";

/** Somebody who is signed in at a camera. */
export interface SignedIn {
  url: string;
  /** For the header of this name. */
  cookie: string;
}

export const admin = { name: "admin", password: "correct horse" };

/**
 * Signs in at a camera as its owner does: as its first user with the setup code from the data folder, later with the
 * password.
 */
export async function signIn(url: string, dataDir: string): Promise<SignedIn> {
  const session = (await (await fetch(`${url}/api/v1/session`)).json()) as { setupNeeded: boolean };
  if (!session.setupNeeded) return { url, cookie: await cookieFor(url, "login", admin) };
  const code = await readFile(join(accessFolder(dataDir), "setup-code"), "utf8");
  return { url, cookie: await cookieFor(url, "setup", { code, ...admin }) };
}

/** Signs in, or sets up. @returns the cookie of the session */
export async function cookieFor(url: string, route: "login" | "setup", body: object): Promise<string> {
  const response = await fetch(`${url}/api/v1/${route}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
  return cookieOf(response);
}

/** "xnorcam=…" */
export function cookieOf(response: Response): string {
  const [cookie = ""] = response.headers.getSetCookie();
  return cookie.split(";", 1)[0]!;
}

/** A page in a browser where somebody is signed in; what else is kept there belongs to it alone. */
export async function signedInPage(browser: Browser, { url, cookie }: SignedIn): Promise<Page> {
  const page = await browser.newPage();
  const [name = "", value = ""] = cookie.split("=", 2);
  await page.context().addCookies([{ url, name, value, httpOnly: true, sameSite: "Strict" }]);
  return page;
}

/** `fetch` at a camera, by somebody who is signed in there. */
export function fetchAs({ url, cookie }: SignedIn, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url + path, { ...init, headers: { cookie, ...(init.headers as Record<string, string>) } });
}
