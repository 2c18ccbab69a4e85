// The capability `kv`, for stages with `handler.allow: [kv]` whose world imports `cascata:stage/kv`: values and counters under keys of the
// stage's namespace. What is kept is kept at once, whatever becomes of the call. Counters have keys of their own.
import host from "cascata:stage/kv@0.2.0";
import { CapabilityError, attempted } from "./error.js";
import { decode, encode } from "./utf8.js";

export { CapabilityError };

const again = (reason) => reason === "unavailable";

/** The value under a key, as a Uint8Array; undefined if there is none. Throws a CapabilityError. */
export function get(key) {
  const value = attempted(again, () => host.get(key));
  return value === undefined || value === null ? undefined : new Uint8Array(value);
}

/** The same as text. */
export function getText(key) {
  const value = get(key);
  return value && decode(value);
}

/** Puts bytes or a text under a key for so many milliseconds, for ever if they are 0. Throws a CapabilityError. */
export function set(key, value, ttlMs = 0) {
  const bytes = typeof value === "string" ? encode(value) : value;
  attempted(again, () => host.set(key, bytes, ttlMs));
}

/** Removes the value under a key, and says whether there was one. Throws a CapabilityError. */
export function remove(key) {
  return attempted(again, () => host.delete(key));
}

/** Adds to a counter and gives the sum, never below 0; it is gone `ttlMs` after its first use. Throws a CapabilityError. */
export function add(key, by, ttlMs = 0) {
  return Number(attempted(again, () => host.add(key, by, ttlMs)));
}
