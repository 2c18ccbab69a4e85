// Write a Cascata stage in JavaScript or TypeScript, as a component made by componentize-qjs.
//
//   import { Outcome, StageError, stage } from "./cascata.js";
//
//   export const { run } = stage((event) => {
//     const amount = event.get(0); // the manifest's first field
//     if (typeof amount !== "number") throw new StageError("invalid-input", "amount is not a number");
//     return new Outcome(amount > 1000 ? "review" : "pass", { confidence: 0.9 });
//   });
//
//   componentize-qjs --wit wit --world stage-without-init --js stage.js --sync --stub-wasi --opt-size --minify -o stage.wasm
//   node manifest.mjs stage.wasm manifest.json
//
// Values are JavaScript's: undefined is missing, integers beyond 2^53 are bigints, lists and objects are `Node`s, read lazily and good
// for one call of the stage. Tests run in Node: `testing.mjs` stands in for the host.
import hostCall from "cascata:stage/call@0.2.0";
import hostConfig from "cascata:stage/config@0.2.0";
import hostEvent from "cascata:stage/event@0.2.0";
import hostLogging from "cascata:stage/logging@0.2.0";
import hostWrites from "cascata:stage/writes@0.2.0";

/** Why a stage has no result. Any other thrown error is an internal one. */
export class StageError extends Error {
  /** @param code invalid-input, invalid-config, unavailable or internal */
  constructor(code, message, { retryable = false, status = null, retryAfterMs = null } = {}) {
    super(message);
    Object.assign(this, { code, retryable, status, retryAfterMs });
  }
}

/** A result, with how sure the stage is (0 to 1) and what later rules may read of it (an object). */
export class Outcome {
  constructor(result, { confidence = null, data = null } = {}) {
    Object.assign(this, { result, confidence, data });
  }
}

/** A list or an object of the event. */
export class Node {
  #handle;

  constructor(handle) {
    this.#handle = handle;
  }

  get isArray() {
    return hostEvent.kindOf(this.#handle) === "array";
  }

  /** Elements of a list, entries of an object. */
  get length() {
    return hostEvent.len(this.#handle);
  }

  /** An entry of an object. */
  get(key) {
    return read(hostEvent.child(this.#handle, key));
  }

  /** An element of a list, or the value of an object's entry, by position. */
  at(index) {
    return read(hostEvent.item(this.#handle, index));
  }

  /** The keys of an object. */
  keys() {
    return this.isArray ? [] : hostEvent.keys(this.#handle, 0, this.length);
  }

  /** The elements of a list; nothing for an object. */
  *[Symbol.iterator]() {
    const length = this.isArray ? this.length : 0;
    for (let index = 0; index < length; index++) yield this.at(index);
  }

  /** A copy, read as JSON. */
  json() {
    return JSON.parse(hostEvent.json(this.#handle));
  }
}

/** The event being routed. */
class Event {
  /** The manifest's n-th field, or any path: "items[0].price", "stages.A.result". */
  get(field) {
    const slot = typeof field === "number" ? field : hostEvent.slot(field);
    return slot === null || slot === undefined ? undefined : read(hostEvent.get(slot));
  }
}

function read({ tag, val }) {
  switch (tag) {
    case "missing":
      return undefined;
    case "null":
      return null;
    case "big-integer":
      return BigInt(val);
    case "composite":
      return new Node(val);
    default:
      return val;
  }
}

/** A key of the stage's `with:` block; "" is the whole block. */
export function config(key) {
  return read(hostConfig.get(key));
}

/** A write to the event, done when the stage has succeeded. Throws if the path can't be written. */
export function set(path, value) {
  try {
    hostWrites.set(path, JSON.stringify(value));
  } catch (why) {
    throw new StageError("internal", `${path} can't be written: ${why?.payload ?? why}`);
  }
}

/** A line of the stage's log. @param level trace, debug, info, warn or error */
export function log(level, message) {
  hostLogging.log(level, message);
}

/** Which attempt this is, from 1. */
export function attempt() {
  return hostCall.attempt();
}

/** Milliseconds left before the host ends the call. */
export function remainingMs() {
  return hostCall.remainingMs();
}

/**
 * The exports of a stage: what it does for every event and, if it needs, once an instance before the first. The component is of the
 * world without `init`, a name that the tool keeps for itself; the first `run` begins with it.
 */
export function stage(onRun, onInit = () => {}) {
  let started = false;
  return {
    run: () => {
      const { result, confidence, data } = guarded(() => {
        if (!started) onInit();
        started = true;
        return onRun(new Event());
      });
      return { result, confidence, data: data === null ? null : JSON.stringify(data) };
    },
  };
}

function guarded(body) {
  try {
    return body();
  } catch (error) {
    const { code = "internal", retryable = false, status = null, retryAfterMs = null } = error instanceof StageError ? error : {};
    throw { code, message: error instanceof Error ? error.message : String(error), retryable, status, retryAfterMs };
  }
}
