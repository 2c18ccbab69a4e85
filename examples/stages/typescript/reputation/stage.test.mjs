// tsc && node --import ../../../../stages-sdk/javascript/testing.mjs --test
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { capabilities } from "../../../../stages-sdk/javascript/testing-capabilities.mjs";
import { call } from "../../../../stages-sdk/javascript/testing.mjs";
import * as stage from "./build/stage.js";

const manifest = JSON.parse(readFileSync(new URL("manifest.json", import.meta.url), "utf8"));
const line = "GET https://rate.example.com/10.1.2.3";
const give = (answer) => capabilities({ secrets: { REPUTATION_TOKEN: "t0ken" }, answers: { [line]: answer } });
const rate = (given) => call(stage, { ip: "10.1.2.3" }, { url: "https://rate.example.com", remember_ms: 60_000 }, manifest, given);

test("a rating is asked for once and remembered", () => {
  const given = give({ status: 200, body: "82\n" });
  const report = rate(given);
  assert.deepEqual([report.result, report.confidence], ["bad", 0.82]);
  assert.equal(report.data, '{"rating":82,"source":"service","payments":1}');
  assert.equal(given.requests[0].headers.authorization, "Bearer t0ken");
  assert.match(given.requests[0].headers["x-request-id"], /^\d+$/);
  assert.equal(rate(given).data, '{"rating":82,"source":"memory","payments":2}');
  assert.equal(given.requests.length, 1);
  assert.deepEqual(given.metrics.map(([kind, name]) => `${kind} ${name}`), ["counter asked", "histogram answer_ms", "counter remembered"]);
  given.nowMs = 60_000;
  rate(given);
  assert.equal(given.requests.length, 2, "its time is over");
});

test("a store that is out of order costs only the memory", () => {
  const given = give({ status: 200, body: "40" });
  given.kvFails = "unavailable";
  const report = rate(given);
  assert.equal(report.data, '{"rating":40,"source":"service","payments":0}');
  assert.equal(report.logs[0].message, "the test lets kv fail");
});

test("a service that does not answer fails the stage and says how", () => {
  const failure = (answer) => rate(give(answer)).failure;
  const unreachable = failure({ reason: "unreachable", message: "refused" });
  assert.deepEqual([unreachable.code, unreachable.retryable, unreachable.message], ["unavailable", true, "refused"]);
  assert.deepEqual([failure(undefined).code, failure(undefined).retryable], ["internal", false]);
  const down = failure({ status: 503, headers: { "Retry-After": "7" } });
  assert.deepEqual([down.status, down.retryAfterMs, down.retryable], [503, 7000, true]);
  for (const body of ["", "x", "101", "-1"]) assert.equal(failure({ status: 200, body }).message, "the service's answer is no rating");
});
