// Fraud scoring, as examples/stages/README.md defines it for every language.
import { Answer, Code, Failure, Json, Kind, Level, Outcome, Value, config, event, log, set } from "../../../../stages-sdk/assemblyscript/cascata";

enum Field { Trusted, Amount, Country, Velocity, Items }

export function stage_run(): i32 {
  return score().give();
}

function score(): Answer {
  const amount = event(Field.Amount);
  if (!amount.isNumber) return new Failure(Code.InvalidInput, "amount is not a number");
  const velocity = event(Field.Velocity);
  if (velocity.kind == Kind.Null) {
    return new Failure(Code.Unavailable, "velocity is not known yet").retryable().status(503).retryAfterMs(250);
  }
  const country = event(Field.Country).text();
  const cards = giftCards(event(Field.Items));
  let points: i64 = 0;

  const data = new Json().open("{").key("reasons").open("[");
  if (amount.number() > config("limit").number(1000)) {
    points += 40;
    data.text("amount");
  }
  if (country !== null && isListed(country)) {
    points += 30;
    data.text("country");
  }
  if (velocity.integer() >= 5) {
    points += 20;
    data.text("velocity");
  }
  if (cards > 0) {
    points += 10 * min<i64>(cards, 3);
    data.text("gift_cards");
  }
  if (event(Field.Trusted).isTrue) {
    points /= 2;
    data.text("trusted");
  }
  points = min<i64>(points, 100);
  data.close("]").key("points").integer(points).key("country").text(country).close("}");

  if (points >= 70) log(Level.Warn, "blocked");
  set("risk.points", new Json().integer(points));
  return new Outcome(points >= 70 ? "block" : points >= 30 ? "review" : "pass")
    .confidence(<f64>max<i64>(points, 100 - points) / 100)
    .data(data);
}

function isListed(country: string): bool {
  const countries = config("countries").items();
  for (let i = 0; i < countries.length; i++) {
    if (countries[i].is(country)) return true;
  }
  return false;
}

function giftCards(items: Value): i64 {
  let cards: i64 = 0;
  const list = items.items();
  for (let i = 0; i < list.length; i++) {
    if (!list[i].get("kind").is("gift_card")) continue;
    const quantity = list[i].get("quantity").integer(1);
    cards += quantity >= 1 && quantity <= 99 ? quantity : 1;
  }
  return cards;
}
