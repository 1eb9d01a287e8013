import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { CheckResult } from "../../../src/health/check.ts";
import { account, Mosquitto } from "../../helpers/mosquitto.ts";
import { xnorcam } from "../xnorcam.ts";

let folder: string;
let broker: Mosquitto | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-doctor-broker-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  await broker?.stop();
  broker = undefined;
});

/** What the doctor says of the broker of these settings. */
async function examine(mqtt: Record<string, string>): Promise<CheckResult | undefined> {
  const file = join(folder, "camera.json");
  writeFileSync(file, JSON.stringify({ dataDir: join(folder, "data"), server: { port: 0 }, mqtt }));
  const { stdout } = await xnorcam(["doctor", "--json", "--config", file]);
  const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
  return checks.find(({ name }) => name === "broker");
}

test("a broker that answers over TLS is well, and one that nobody can vouch for is not", async () => {
  broker = await Mosquitto.start({ tls: true });
  const { url, caFile } = broker;
  expect(await examine({ url, caFile, ...account })).toEqual({
    name: "broker",
    status: "ok",
    message: `${url} answers, encrypted`,
  });
  expect(await examine({ url, ...account })).toMatchObject({
    status: "failed",
    fix: expect.stringMatching(/^Set mqtt\.caFile /),
  });
  const missing = join(folder, "missing.pem");
  expect(await examine({ url, caFile: missing, ...account })).toMatchObject({
    status: "failed",
    fix: `Give ${missing} to this user, or set another file in the section mqtt`,
  });
});

test("one that refuses the account, and one that is not there, are named with what helps", async () => {
  broker = await Mosquitto.start();
  const { url } = broker;
  expect(await examine({ url, ...account, password: "another" })).toMatchObject({
    status: "failed",
    message: expect.stringMatching(/authori[sz]ed/i),
    fix: "Set mqtt.username and mqtt.password to an account of the broker",
  });
  await broker.stop();
  broker = undefined;
  expect(await examine({ url, ...account })).toMatchObject({
    status: "failed",
    message: expect.stringContaining("ECONNREFUSED"),
    fix: "Start the broker, or set mqtt.url to its address",
  });
});

test("without a broker in the settings there is nothing to look at", async () => {
  expect(await examine({})).toBeUndefined();
});
