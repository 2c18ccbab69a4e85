// The capability `clock`, for stages with `handler.allow: [clock]` whose world imports `cascata:stage/clock`. Under `determinism: strict`
// both clocks stand at 0.
import host from "cascata:stage/clock@0.2.0";

/** Milliseconds since 1970. */
export function nowMs() {
  return Number(host.nowMs());
}

/** Milliseconds, with their fractions, on a clock that only goes on: for measuring how long something took. */
export function monotonicMs() {
  return Number(host.monotonicNs()) / 1e6;
}
