// Fraud scoring, as examples/stages/README.md defines it for every language.
import { Node, Outcome, StageError, config, log, set, stage } from "../../../../stages-sdk/javascript/cascata.js";

// The manifest's fields, in its order.
const [TRUSTED, AMOUNT, COUNTRY, VELOCITY, ITEMS] = [0, 1, 2, 3, 4];

export const { run } = stage((event) => {
  const amount = number(event.get(AMOUNT));
  if (amount === undefined) throw new StageError("invalid-input", "amount is not a number");
  const velocity = event.get(VELOCITY);
  if (velocity === null) {
    throw new StageError("unavailable", "velocity is not known yet", { retryable: true, status: 503, retryAfterMs: 250 });
  }
  const country = typeof event.get(COUNTRY) === "string" ? event.get(COUNTRY) : null;
  const cards = giftCards(event.get(ITEMS));
  const reasons = [];
  let points = 0;
  const count = (applies, more, reason) => {
    if (!applies) return;
    points += more;
    reasons.push(reason);
  };
  count(amount > (number(config("limit")) ?? 1000), 40, "amount");
  count(country !== null && list(config("countries")).includes(country), 30, "country");
  count(Number.isInteger(velocity) && velocity >= 5, 20, "velocity");
  count(cards > 0, 10 * Math.min(cards, 3), "gift_cards");
  count(event.get(TRUSTED) === true, Math.floor(points / 2) - points, "trusted");
  points = Math.min(points, 100);

  const result = points >= 70 ? "block" : points >= 30 ? "review" : "pass";
  if (result === "block") log("warn", "blocked");
  set("risk.points", points);
  const confidence = Math.max(points, 100 - points) / 100;
  return new Outcome(result, { confidence, data: { reasons, points, country } });
});

function number(value) {
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
}

function list(value) {
  return value instanceof Node ? [...value] : [];
}

function giftCards(items) {
  let cards = 0;
  for (const item of list(items)) {
    if (!(item instanceof Node) || item.get("kind") !== "gift_card") continue;
    const quantity = item.get("quantity");
    cards += Number.isInteger(quantity) && quantity >= 1 && quantity <= 99 ? quantity : 1;
  }
  return cards;
}
