// Fraud scoring, as examples/stages/README.md defines it for every language.
import { Node, Outcome, StageError, config, log, set, stage } from "../../../../../stages-sdk/javascript/cascata.js";
import type { Event, Value } from "../../../../../stages-sdk/javascript/cascata.js";

/** The manifest's fields, in its order. */
const Field = { trusted: 0, amount: 1, country: 2, velocity: 3, items: 4 } as const;

type Reason = "amount" | "country" | "velocity" | "gift_cards" | "trusted";

export const { run } = stage((event: Event): Outcome => {
  const amount = number(event.get(Field.amount));
  if (amount === undefined) throw new StageError("invalid-input", "amount is not a number");
  const velocity = event.get(Field.velocity);
  if (velocity === null) {
    throw new StageError("unavailable", "velocity is not known yet", { retryable: true, status: 503, retryAfterMs: 250 });
  }
  const country = text(event.get(Field.country));
  const cards = giftCards(event.get(Field.items));
  const reasons: Reason[] = [];
  let points = 0;
  const count = (applies: boolean, more: number, reason: Reason): void => {
    if (!applies) return;
    points += more;
    reasons.push(reason);
  };
  count(amount > (number(config("limit")) ?? 1000), 40, "amount");
  count(country !== null && list(config("countries")).includes(country), 30, "country");
  count((integer(velocity) ?? 0) >= 5, 20, "velocity");
  count(cards > 0, 10 * Math.min(cards, 3), "gift_cards");
  count(event.get(Field.trusted) === true, Math.floor(points / 2) - points, "trusted");
  points = Math.min(points, 100);

  const result = points >= 70 ? "block" : points >= 30 ? "review" : "pass";
  if (result === "block") log("warn", "blocked");
  set("risk.points", points);
  const confidence = Math.max(points, 100 - points) / 100;
  return new Outcome(result, { confidence, data: { reasons, points, country } });
});

function number(value: Value): number | undefined {
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
}

function integer(value: Value): number | undefined {
  return typeof value === "number" && Number.isInteger(value) ? value : undefined;
}

function text(value: Value): string | null {
  return typeof value === "string" ? value : null;
}

function list(value: Value): Value[] {
  return value instanceof Node ? [...value] : [];
}

function giftCards(items: Value): number {
  let cards = 0;
  for (const item of list(items)) {
    if (!(item instanceof Node) || item.get("kind") !== "gift_card") continue;
    const quantity = integer(item.get("quantity")) ?? 1;
    cards += quantity >= 1 && quantity <= 99 ? quantity : 1;
  }
  return cards;
}
