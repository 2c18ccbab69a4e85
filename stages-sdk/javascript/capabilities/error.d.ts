import { StageError } from "../cascata.js";

export type Reason = "invalid" | "too-large" | "too-many" | "unavailable" | "bad-request" | "not-allowed" | "unreachable";

/** Why a capability gave no answer. As a StageError it fails the stage if nobody catches it. */
export class CapabilityError extends StageError {
  readonly reason: Reason;
}
