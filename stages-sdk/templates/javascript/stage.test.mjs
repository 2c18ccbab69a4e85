// node --import ./testing.mjs --test
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as stage from "./stage.js";
import { call } from "./testing.mjs";

const manifest = JSON.parse(readFileSync(new URL("manifest.json", import.meta.url), "utf8"));

test("large amounts are reviewed", () => {
  assert.equal(call(stage, { amount: 20 }, {}, manifest).result, "pass");
  assert.equal(call(stage, { amount: 20 }, { limit: 10 }, manifest).result, "review");
  assert.equal(call(stage, {}, {}, manifest).failure.message, "amount is not a number");
});
