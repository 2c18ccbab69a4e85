/** Milliseconds since 1970. */
export function nowMs(): number;
/** Milliseconds, with their fractions, on a clock that only goes on. */
export function monotonicMs(): number;
