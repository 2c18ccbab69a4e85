// node --test, after the build
import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./testing.mjs";

test("large amounts are reviewed", async () => {
  const stage = await load(new URL("stage.wasm", import.meta.url));
  assert.equal(stage.run({ amount: 20 }).result, "pass");
  assert.equal(stage.run({ amount: 20 }, { limit: 10 }).result, "review");
  assert.equal(stage.run({}).failure.message, "amount is not a number");
});
