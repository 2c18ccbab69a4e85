// node --test, after the build
import assert from "node:assert/strict";
import test from "node:test";

import { load } from "../../../../stages-sdk/assemblyscript/testing.mjs";

const stage = await load(new URL("fraud.wasm", import.meta.url));
const score = (event) => stage.run(event, { limit: 500, countries: ["KP", "IR"] });

test("small payments pass", () => {
  const report = score({ amount: 20, geo: { country: "CH" } });
  assert.deepEqual([report.result, report.confidence], ["pass", 1]);
  assert.equal(report.data, '{"reasons":[],"points":0,"country":"CH"}');
  assert.deepEqual(report.writes, [["risk.points", 0]]);
});

test("every sign adds up", () => {
  const items = [{ kind: "gift_card", quantity: 2 }, { kind: "book" }, { kind: "gift_card" }];
  const report = score({ amount: 900.5, geo: { country: "KP" }, velocity: 7, items });
  assert.deepEqual([report.result, report.confidence], ["block", 1]);
  assert.equal(report.data, '{"reasons":["amount","country","velocity","gift_cards"],"points":100,"country":"KP"}');
  assert.deepEqual(report.logs, [{ level: 3, message: "blocked" }]);
});

test("trust halves", () => {
  const report = score({ amount: 900, velocity: 5, user: { trusted: true } });
  assert.deepEqual([report.result, report.confidence], ["review", 0.7]);
  assert.equal(report.data, '{"reasons":["amount","velocity","trusted"],"points":30,"country":null}');
});

test("what cannot be scored fails", () => {
  const wrong = score({ amount: "much" });
  assert.deepEqual(wrong.failure, { code: 0, status: 0, retryAfterMs: -1, retryable: false, message: "amount is not a number" });
  const early = score({ amount: 1, velocity: null });
  assert.deepEqual(early.failure, { code: 2, status: 503, retryAfterMs: 250, retryable: true, message: "velocity is not known yet" });
  assert.deepEqual(early.writes, []);
});
