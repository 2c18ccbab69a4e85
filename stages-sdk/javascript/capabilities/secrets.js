// The capability `secrets`, for stages with `handler.allow: [secrets]` whose world imports `cascata:stage/secrets`. What a stage answers may
// not repeat one.
import host from "cascata:stage/secrets@0.2.0";

/** A secret by name; undefined if the stage's `handler.secrets` does not list it. */
export function secret(name) {
  return host.get(name) ?? undefined;
}
