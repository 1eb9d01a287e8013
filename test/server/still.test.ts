import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LiveServer } from "../helpers/live-server.ts";
import { cookieFor } from "../helpers/sign-in.ts";

let live: LiveServer;

beforeEach(async () => {
  live = await LiveServer.start();
});
afterEach(() => live.stop());

const post = async (headers: Record<string, string> = {}) => {
  const response = await fetch(`${live.url}/api/v1/still`, { method: "POST", headers });
  return { status: response.status, detail: ((await response.json()) as { detail: string }).detail };
};
const noStillsHere = {
  status: 409,
  detail: expect.stringContaining(
    "only a camera on the Pi's ribbon connector takes stills with all pixels",
  ) as string,
};

test("an admin is told why a replay gives no still, wherever he sits", async () => {
  const { cookie } = live;
  expect(await post({ cookie })).toEqual(noStillsHere);
  expect(await post({ cookie, origin: live.url })).toEqual(noStillsHere);
});

describe("a viewer", () => {
  let cookie: string;

  beforeEach(async () => {
    const guest = { name: "guest", password: "a long password" };
    await live.accounts.addUser(guest.name, "viewer", guest.password);
    cookie = await cookieFor(live.url, "login", guest);
  });

  test("gets stills for a program on this machine", async () => {
    expect(await post({ cookie })).toEqual(noStillsHere);
  });

  test.each([{ "x-forwarded-for": "192.0.2.7" }, { forwarded: "for=192.0.2.7" }])(
    "may not keep the camera from watching from elsewhere: %o",
    async (headers) => {
      expect(await post({ cookie, ...headers })).toEqual({
        status: 403,
        detail: expect.stringContaining("programs on the camera itself") as string,
      });
    },
  );

  test("may not do so from a browser either", async () => {
    expect((await post({ cookie, origin: live.url })).status).toBe(403);
  });
});

test("a stranger gets none, also on this machine", async () => {
  expect((await post()).status).toBe(401);
});
