// The capability `random`, for stages with `handler.allow: [random]` whose world imports `cascata:stage/random`. Under `determinism: strict`
// every call gets the same bytes. Math.random() of a component is not random: its seed is in the module.
import host from "cascata:stage/random@0.2.0";

/** Random bytes of the system, as a Uint8Array. */
export function bytes(count) {
  return new Uint8Array(host.bytes(count));
}
