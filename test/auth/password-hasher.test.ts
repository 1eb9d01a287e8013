import { expect, test } from "vitest";
import { PasswordHasher } from "../../src/auth/password-hasher.ts";

test("a password fits its own hash and no other, and no two hashes are alike", async () => {
  const hasher = new PasswordHasher();
  const hashed = (await hasher.hash("correct horse"))!;
  expect(await hasher.verify("correct horse", hashed)).toBe(true);
  expect(await hasher.verify("correct horsf", hashed)).toBe(false);
  expect(await hasher.hash("correct horse")).not.toBe(hashed);
});

test("of 1000 passwords at once, four are hashed and the others refused", async () => {
  const hasher = new PasswordHasher();
  const hashes = await Promise.all(Array.from({ length: 1000 }, () => hasher.hash("x")));
  expect(hashes.filter((hash) => hash !== null)).toHaveLength(4);
  expect(await hasher.hash("x")).not.toBeNull();
});
