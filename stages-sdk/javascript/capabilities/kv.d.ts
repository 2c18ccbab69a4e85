export { CapabilityError } from "./error.js";

/** The value under a key; undefined if there is none. */
export function get(key: string): Uint8Array | undefined;
/** The same as text. */
export function getText(key: string): string | undefined;
/** Puts bytes or a text under a key for so many milliseconds, for ever if they are 0. */
export function set(key: string, value: Uint8Array | string, ttlMs?: number): void;
/** Removes the value under a key, and says whether there was one. */
export function remove(key: string): boolean;
/** Adds to a counter and gives the sum, never below 0; it is gone `ttlMs` after its first use. */
export function add(key: string, by: number, ttlMs?: number): number;
