import { Type } from "@sinclair/typebox";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { configSchema } from "../../src/config/schema.ts";
import { danglingMasks, hasSecrets, masked, unmasked } from "../../src/config/secrets.ts";

const schema = Type.Object({
  password: Type.Union([Type.String({ writeOnly: true }), Type.Null()]),
  url: Type.String(),
  hooks: Type.Array(Type.Object({ url: Type.String(), secret: Type.String({ writeOnly: true }) })),
});
const values = {
  password: "hunter2",
  url: "mqtt://me:hunter2@10.0.0.7",
  hooks: [
    { url: "http://a/", secret: "first" },
    { url: "http://b/", secret: "second" },
  ],
};

test("what is shown has no secret in it, only whether there is one", () => {
  const shown = masked(schema, values);
  expect(shown).toEqual({
    password: "set",
    url: "mqtt://…@10.0.0.7",
    hooks: [
      { url: "http://a/", secret: "set" },
      { url: "http://b/", secret: "set" },
    ],
  });
  expect(JSON.stringify(shown)).not.toMatch(/hunter2|first|second/);
  expect(masked(schema, { ...values, password: null })).toMatchObject({ password: null });
  expect(hasSecrets(schema, values)).toBe(true);
  expect(hasSecrets(schema, { password: null, url: "mqtt://10.0.0.7", hooks: [] })).toBe(false);
});

test("what was shown may be sent back, in another order, too", () => {
  expect(unmasked(schema, masked(schema, values), values)).toEqual(values);
  const turned = { hooks: (masked(schema, values) as typeof values).hooks.toReversed() };
  expect(unmasked(schema, turned, values)).toEqual({ hooks: values.hooks.toReversed() });
  const moved = { hooks: [{ url: "http://c/", secret: "set" }] };
  expect(unmasked(schema, moved, values)).toEqual({ hooks: [{ url: "http://c/", secret: "first" }] });
});

test("what has a name keeps its own secret when another goes", () => {
  const named = Type.Array(
    Type.Object({ name: Type.String(), on: Type.Boolean(), secret: Type.String({ writeOnly: true }) }),
  );
  const two = [
    { name: "a", on: true, secret: "of a" },
    { name: "b", on: true, secret: "of b" },
  ];
  expect(unmasked(named, [{ name: "b", on: false, secret: "set" }], two)).toEqual([
    { name: "b", on: false, secret: "of b" },
  ]);
  expect(unmasked(named, [{ name: "c", on: true, secret: "set" }], two)).toEqual([
    { name: "c", on: true, secret: "set" },
  ]);
});

test("a new secret is taken, and none can be made of what stands for one", () => {
  expect(unmasked(schema, { password: "new" }, values)).toEqual({ password: "new" });
  const third = { hooks: [...values.hooks, { url: "http://c/", secret: "set" }] };
  expect(danglingMasks(schema, unmasked(schema, third, values))).toEqual([
    {
      path: ["hooks", "2", "secret"],
      message:
        'hooks[2].secret is "set", which stands for a secret, and there is none yet: expected the secret itself',
    },
  ]);
});

test("the address of a webhook, which may have a key in its path, is a secret", () => {
  const { webhooks } = masked(configSchema, {
    ...loadConfig({ env: {} }),
    webhooks: [{ name: "phone", url: "https://example.com/hooks/hunter2" }],
  }) as { webhooks: object[] };
  expect(webhooks).toEqual([{ name: "phone", url: "set" }]);
});
