// The capability `http`, for stages with `handler.allow: [http]` whose world imports `cascata:stage/http`: requests to what `handler.http`
// lists. Redirects are not followed and nothing is sent twice; any status is an answer.
import host from "cascata:stage/http@0.2.0";
import { CapabilityError, attempted } from "./error.js";
import { decode, encode } from "./utf8.js";

export { CapabilityError };

/** Sends a request and gives its answer: `status`, `body` (a Uint8Array), `text()`, `header(name)`. Throws a CapabilityError. */
export function send(url, { method = "GET", headers = {}, body = "" } = {}) {
  const bytes = typeof body === "string" ? encode(body) : body;
  const request = { method, url, headers: Object.entries(headers).map(([name, value]) => [name, String(value)]), body: bytes };
  const answer = attempted((reason) => reason === "unreachable", () => host.send(request));
  return {
    status: answer.status,
    body: new Uint8Array(answer.body),
    text() {
      return decode(this.body);
    },
    header: (name) => answer.headers.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1],
  };
}
