// The capability `metrics`, for stages with `handler.allow: [metrics]` whose world imports `cascata:stage/metrics`. Names are a letter of a to z,
// then these, digits and _, at most 64 bytes; what can't be taken is dropped and counted by the host.
import host from "cascata:stage/metrics@0.2.0";

/** Adds to a counter. */
export function counter(name, by = 1) {
  host.counter(name, by);
}

/** Sets a gauge. */
export function gauge(name, value) {
  host.gauge(name, value);
}

/** Counts a value into a histogram. */
export function histogram(name, value) {
  host.histogram(name, value);
}
