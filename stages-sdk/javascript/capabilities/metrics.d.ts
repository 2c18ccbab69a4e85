/** Adds to a counter. */
export function counter(name: string, by?: number): void;
/** Sets a gauge. */
export function gauge(name: string, value: number): void;
/** Counts a value into a histogram. */
export function histogram(name: string, value: number): void;
