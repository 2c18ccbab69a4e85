/** Types of `cascata.js`. */

/** What a field of the event or of the configuration is; undefined is missing. */
export type Value = undefined | null | boolean | number | bigint | string | Node;

export type Code = "invalid-input" | "invalid-config" | "unavailable" | "internal";

/** Why a stage has no result. Any other thrown error is an internal one. */
export class StageError extends Error {
  constructor(code: Code, message: string, more?: { retryable?: boolean; status?: number | null; retryAfterMs?: number | null });
  readonly code: Code;
  readonly retryable: boolean;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
}

/** A result, with how sure the stage is (0 to 1) and what later rules may read of it. */
export class Outcome {
  constructor(result: string, more?: { confidence?: number | null; data?: object | null });
  readonly result: string;
  readonly confidence: number | null;
  readonly data: object | null;
}

/** A list or an object of the event. */
export class Node implements Iterable<Value> {
  private constructor(handle: number);
  readonly isArray: boolean;
  /** Elements of a list, entries of an object. */
  readonly length: number;
  /** An entry of an object. */
  get(key: string): Value;
  /** An element of a list, or the value of an object's entry, by position. */
  at(index: number): Value;
  /** The keys of an object. */
  keys(): string[];
  /** The elements of a list; nothing for an object. */
  [Symbol.iterator](): Iterator<Value>;
  /** A copy, read as JSON. */
  json(): unknown;
}

/** The event being routed. */
export interface Event {
  /** The manifest's n-th field, or any path: "items[0].price", "stages.A.result". */
  get(field: number | string): Value;
}

/** A key of the stage's `with:` block; "" is the whole block. */
export function config(key: string): Value;
/** A write to the event, done when the stage has succeeded. Throws if the path can't be written. */
export function set(path: string, value: unknown): void;
/** A line of the stage's log. */
export function log(level: "trace" | "debug" | "info" | "warn" | "error", message: string): void;
/** Which attempt this is, from 1. */
export function attempt(): number;
/** Milliseconds left before the host ends the call. */
export function remainingMs(): number;
/** The exports of a stage: what it does for every event and, if it needs, once an instance before the first. */
export function stage(onRun: (event: Event) => Outcome, onInit?: () => void): { run(): object };
