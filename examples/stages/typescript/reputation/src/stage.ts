// How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
// examples/stages/README.md defines it.
import { Outcome, StageError, config, log, stage } from "../../../../../stages-sdk/javascript/cascata.js";
import type { Event } from "../../../../../stages-sdk/javascript/cascata.js";
import * as clock from "../../../../../stages-sdk/javascript/capabilities/clock.js";
import * as http from "../../../../../stages-sdk/javascript/capabilities/http.js";
import * as kv from "../../../../../stages-sdk/javascript/capabilities/kv.js";
import * as metrics from "../../../../../stages-sdk/javascript/capabilities/metrics.js";
import { bytes } from "../../../../../stages-sdk/javascript/capabilities/random.js";
import { secret } from "../../../../../stages-sdk/javascript/capabilities/secrets.js";

const HOUR_MS = 3_600_000;
const REMEMBER_MS = 600_000;
const BUSY = 20;

export const { run } = stage((event: Event): Outcome => {
  const address = event.get(0);
  if (typeof address !== "string") throw new StageError("invalid-input", "ip is not a text");
  // A store that is out of order costs the memory only: the service is asked.
  const payments = kept(() => kv.add(`payments/${address}`, 1, HOUR_MS)) ?? 0;
  const key = `rating/${address}`;
  const remembered = rating(kept(() => kv.getText(key)));
  metrics.counter(remembered === undefined ? "asked" : "remembered");
  const source = remembered === undefined ? "service" : "memory";
  const rated = remembered ?? ask(address, key);
  const result = rated >= 70 ? "bad" : rated >= 30 || payments > BUSY ? "unclear" : "good";
  return new Outcome(result, { confidence: Math.max(rated, 100 - rated) / 100, data: { rating: rated, source, payments } });
});

function kept<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (error instanceof kv.CapabilityError) return undefined;
    throw error;
  }
}

/** Asks the service, and keeps what it says. */
function ask(address: string, key: string): number {
  const token = secret("REPUTATION_TOKEN");
  if (token === undefined) throw new StageError("invalid-config", "the secret REPUTATION_TOKEN is not listed");
  const id = bytes(6).reduce((number, byte) => number * 256 + byte, 0);
  const began = clock.monotonicMs();
  let response: http.Response;
  try {
    response = http.send(`${config("url")}/${address}`, { headers: { authorization: `Bearer ${token}`, "x-request-id": id } });
  } finally {
    metrics.histogram("answer_ms", clock.monotonicMs() - began);
  }
  if (response.status < 200 || response.status > 299) {
    const retryAfterMs = (Number.parseInt(response.header("retry-after") ?? "1", 10) || 0) * 1000;
    throw new StageError("unavailable", "the service gave no rating", { retryable: true, status: response.status, retryAfterMs });
  }
  const rated = rating(response.text());
  if (rated === undefined) throw new StageError("unavailable", "the service's answer is no rating");
  try {
    const remember = config("remember_ms");
    kv.set(key, String(rated), typeof remember === "number" ? remember : REMEMBER_MS);
  } catch (error) {
    log("warn", error instanceof Error ? error.message : String(error));
  }
  return rated;
}

/** A number from 0 to 100, as digits. */
function rating(digits: string | undefined): number | undefined {
  const number = /^\s*\d{1,9}\s*$/.test(digits ?? "") ? Number(digits) : 101;
  return number <= 100 ? number : undefined;
}
