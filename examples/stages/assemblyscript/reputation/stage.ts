// How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
// examples/stages/README.md defines it.
import {
  HttpReason, Request, counter, histogram, httpError, kvAdd, kvError, kvGet, kvSet, monotonicNs, randomBytes, responseBody, responseHeader, secret,
} from "../../../../stages-sdk/assemblyscript/capabilities";
import { Answer, Code, Failure, Json, Level, Outcome, config, event, log } from "../../../../stages-sdk/assemblyscript/cascata";

const HOUR_MS: i64 = 3_600_000;
const REMEMBER_MS: i64 = 600_000;
const BUSY: i64 = 20;
const NO_RATING: i32 = -1;

/** What the service said, or why it didn't. */
let rated: i32 = NO_RATING;

export function stage_run(): i32 {
  return rate().give();
}

function rate(): Answer {
  const address = event(0).text();
  if (address === null) return new Failure(Code.InvalidInput, "ip is not a text");
  // A store that is out of order costs the memory only: the service is asked.
  const payments = kvAdd("payments/" + address, 1, HOUR_MS);
  const key = "rating/" + address;
  rated = rating(kvGet(key));
  const remembered = rated != NO_RATING;
  counter(remembered ? "remembered" : "asked");
  if (!remembered) {
    const failure = ask(address, key);
    if (failure !== null) return failure;
  }
  const data = new Json().open("{").key("rating").integer(rated).key("source").text(remembered ? "memory" : "service");
  const result = rated >= 70 ? "bad" : rated >= 30 || payments > BUSY ? "unclear" : "good";
  return new Outcome(result).confidence(<f64>max(rated, 100 - rated) / 100).data(data.key("payments").integer(payments).close("}"));
}

/** Asks the service, and keeps what it says. */
function ask(address: string, key: string): Failure | null {
  const token = secret("REPUTATION_TOKEN");
  if (token === null) return new Failure(Code.InvalidConfig, "the secret REPUTATION_TOKEN is not listed");
  const base = config("url").text();
  if (base === null) return new Failure(Code.InvalidConfig, "url is not a text");
  const id = load<u64>(changetype<usize>(randomBytes(8).buffer));
  const request = new Request(base + "/" + address).header("authorization", "Bearer " + token).header("x-request-id", id.toString());
  const began = monotonicNs();
  const status = request.send();
  histogram("answer_ms", <f64>(monotonicNs() - began) / 1e6);
  if (status == HttpReason.Unreachable) return new Failure(Code.Unavailable, httpError()).retryable();
  if (status < 0) return new Failure(Code.Internal, httpError());
  if (status < 200 || status > 299) {
    const wait = responseHeader("retry-after");
    const seconds = wait === null ? NO_RATING : digits(wait, 86_400);
    const ms: i64 = seconds == NO_RATING ? 1000 : <i64>seconds * 1000;
    return new Failure(Code.Unavailable, "the service gave no rating").retryable().status(status).retryAfterMs(ms);
  }
  rated = rating(responseBody());
  if (rated == NO_RATING) return new Failure(Code.Unavailable, "the service's answer is no rating");
  if (!kvSet(key, String.UTF8.encode(rated.toString()), config("remember_ms").integer(REMEMBER_MS))) log(Level.Warn, kvError());
  return null;
}

/** A number from 0 to 100, as digits. */
function rating(bytes: ArrayBuffer | null): i32 {
  return bytes === null ? NO_RATING : digits(String.UTF8.decode(bytes), 100);
}

/** Digits, with space around them, as a number from 0 to `most`. */
function digits(text: string, most: i32): i32 {
  const trimmed = text.trim();
  let number = trimmed.length == 0 ? NO_RATING : 0;
  for (let i = 0; i < trimmed.length && number != NO_RATING; i++) {
    const digit = trimmed.charCodeAt(i) - 0x30;
    number = digit < 0 || digit > 9 || number * 10 + digit > most ? NO_RATING : number * 10 + digit;
  }
  return number;
}
