import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { SignedIn } from "./sign-in.ts";

/** A page in a browser of its own, and all that it complains of and asks for. */
export class WatchedPage {
  readonly page: Page;
  /** Errors of scripts, and what the content security policy refused. */
  readonly complaints: string[] = [];
  /** The address of each request. */
  readonly requested: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      // An answer that is an error is for the test to look at.
      if (!message.text().startsWith("Failed to load resource")) this.complaints.push(message.text());
    });
    page.on("request", (request) => this.requested.push(request.url()));
  }

  /** @param user who is signed in; null for a stranger */
  static async open(
    browser: Browser,
    user: SignedIn | null,
    options: BrowserContextOptions = {},
  ): Promise<WatchedPage> {
    const context = await browser.newContext(options);
    if (user !== null) {
      const [name = "", value = ""] = user.cookie.split("=", 2);
      await context.addCookies([{ url: user.url, name, value, httpOnly: true, sameSite: "Strict" }]);
    }
    return new WatchedPage(await context.newPage());
  }

  /** How many pixels the page is wider than its window. */
  overflow(): Promise<number> {
    return this.page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
