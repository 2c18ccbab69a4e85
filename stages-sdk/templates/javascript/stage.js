import { Outcome, StageError, config, stage } from "./cascata.js";

const AMOUNT = 0; // of the manifest's fields

export const { run } = stage((event) => {
  const amount = event.get(AMOUNT);
  if (typeof amount !== "number") throw new StageError("invalid-input", "amount is not a number");
  return new Outcome(amount > (config("limit") ?? 1000) ? "review" : "pass", { confidence: 0.9 });
});
