import type { Config } from "../../config/schema.ts";
import { type CheckResult, failed, ok } from "../../health/check.ts";
import { readCredentials, reasonOf } from "../../notify/mqtt/credentials.ts";

const name = "broker";
const timeoutMs = 5000;
/** Reason codes of MQTT 5: bad user name or password, not authorized. */
const refusals: readonly unknown[] = [134, 135];

/** Connects to the broker as `run` would, under a name of its own, since a broker lets go of a client whose name comes again. */
export async function checkBroker(url: string, mqtt: Config["mqtt"]): Promise<CheckResult> {
  const encryption = url.startsWith("mqtts:") ? "encrypted" : "not encrypted";
  try {
    const options = {
      ...(await readCredentials(mqtt)),
      protocolVersion: 5,
      clientId: `xnorcam-${mqtt.id}-doctor`,
      reconnectPeriod: 0,
      connectTimeout: timeoutMs,
    } as const;
    const { default: library } = await import("mqtt");
    const client = await library.connectAsync(url, options, false);
    await client.endAsync();
    return ok(name, `${url} answers, ${encryption}`);
  } catch (error) {
    return failed(name, `${url}: ${reasonOf(error)}`, fixFor(error));
  }
}

function fixFor(error: unknown): string {
  const { code, path } = error as { code?: unknown; path?: string };
  if (refusals.includes(code)) return "Set mqtt.username and mqtt.password to an account of the broker";
  if (path !== undefined) return `Give ${path} to this user, or set another file in the section mqtt`;
  if (/CERT|SIGNATURE|TLS|SSL/.test(String(code))) {
    return "Set mqtt.caFile to the certificate of whoever signed the broker's, and mqtt.url to a name that stands in it";
  }
  return "Start the broker, or set mqtt.url to its address";
}
