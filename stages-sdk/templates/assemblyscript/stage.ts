import { Answer, Code, Failure, Outcome, config, event } from "./cascata";

enum Field { Amount }

export function stage_run(): i32 {
  return run().give();
}

function run(): Answer {
  const amount = event(Field.Amount);
  if (!amount.isNumber) return new Failure(Code.InvalidInput, "amount is not a number");
  return new Outcome(amount.number() > config("limit").number(1000) ? "review" : "pass").confidence(0.9);
}
