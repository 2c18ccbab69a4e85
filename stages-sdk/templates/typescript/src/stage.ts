import { Outcome, StageError, config, stage } from "../cascata.js";
import type { Event } from "../cascata.js";

/** The manifest's fields, in its order. */
const Field = { amount: 0 } as const;

export const { run } = stage((event: Event): Outcome => {
  const amount = event.get(Field.amount);
  if (typeof amount !== "number") throw new StageError("invalid-input", "amount is not a number");
  const limit = config("limit");
  return new Outcome(amount > (typeof limit === "number" ? limit : 1000) ? "review" : "pass", { confidence: 0.9 });
});
