import { StageError } from "../cascata.js";

/** Why a capability gave no answer. As a StageError it fails the stage if nobody catches it. */
export class CapabilityError extends StageError {
  /** @param reason of kv: invalid, too-large, too-many, unavailable; of http: bad-request, not-allowed, unreachable, too-large, too-many */
  constructor(reason, message, retryable) {
    super(retryable ? "unavailable" : "internal", message, { retryable });
    this.reason = reason;
  }
}

/** Does something; what the host refuses is thrown. */
export function attempted(isRetryable, body) {
  try {
    return body();
  } catch (why) {
    const { reason, message } = why?.payload ?? why;
    if (reason === undefined) throw why;
    throw new CapabilityError(reason, message, isRetryable(reason));
  }
}
