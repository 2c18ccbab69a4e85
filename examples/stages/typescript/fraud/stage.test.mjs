// tsc && node --import ../../../../stages-sdk/javascript/testing.mjs --test
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { call } from "../../../../stages-sdk/javascript/testing.mjs";
import * as stage from "./build/stage.js";

const manifest = JSON.parse(readFileSync(new URL("manifest.json", import.meta.url), "utf8"));
const score = (event) => call(stage, event, { limit: 500, countries: ["KP", "IR"] }, manifest);

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
  assert.deepEqual(report.logs, [{ level: "warn", message: "blocked" }]);
});

test("trust halves", () => {
  const report = score({ amount: 900, velocity: 5, user: { trusted: true } });
  assert.deepEqual([report.result, report.confidence], ["review", 0.7]);
  assert.equal(report.data, '{"reasons":["amount","velocity","trusted"],"points":30,"country":null}');
});

test("what cannot be scored fails", () => {
  const wrong = score({ amount: "much" }).failure;
  assert.deepEqual(wrong, { code: "invalid-input", message: "amount is not a number", retryable: false, status: null, retryAfterMs: null });
  const early = score({ amount: 1, velocity: null });
  assert.deepEqual(early.failure, { code: "unavailable", message: "velocity is not known yet", retryable: true, status: 503, retryAfterMs: 250 });
  assert.deepEqual(early.writes, []);
});
