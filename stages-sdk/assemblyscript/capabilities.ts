// What a stage may do beyond answering, where its cascade allows it: clock, random, secrets, metrics, kv and http.
//
//   import { kvAdd, kvFailed } from "./capabilities";
//
//   const payments = kvAdd(card, 1, 3_600_000);
//   if (kvFailed()) return new Failure(Code.Unavailable, kvError()).retryable();
//
// A module asks its host for what the stage calls, and is refused where `handler.allow` does not list it. What gives no answer says why:
// `kvReason()` and `httpReason()` after the call, `kvError()` and `httpError()` for people.

import { Json } from "./cascata";

@external("cascata_clock_v1", "now_ms") declare function hostNowMs(): i64;
@external("cascata_clock_v1", "monotonic_ns") declare function hostMonotonicNs(): i64;
@external("cascata_random_v1", "fill") declare function hostFill(dst: usize, len: i32): void;
@external("cascata_secrets_v1", "get") declare function hostSecret(name: usize, nameLen: i32, dst: usize, cap: i32): i32;
@external("cascata_metrics_v1", "counter") declare function hostCounter(name: usize, len: i32, by: f64): void;
@external("cascata_metrics_v1", "gauge") declare function hostGauge(name: usize, len: i32, value: f64): void;
@external("cascata_metrics_v1", "histogram") declare function hostHistogram(name: usize, len: i32, value: f64): void;
@external("cascata_kv_v1", "get") declare function hostKvGet(key: usize, keyLen: i32, dst: usize, cap: i32): i32;
@external("cascata_kv_v1", "value") declare function hostKvValue(dst: usize, cap: i32): i32;
@external("cascata_kv_v1", "set") declare function hostKvSet(key: usize, keyLen: i32, value: usize, len: i32, ttlMs: i64): i32;
@external("cascata_kv_v1", "delete") declare function hostKvDelete(key: usize, keyLen: i32): i32;
@external("cascata_kv_v1", "add") declare function hostKvAdd(key: usize, keyLen: i32, by: i64, ttlMs: i64, out: usize): i32;
@external("cascata_kv_v1", "error") declare function hostKvError(dst: usize, cap: i32): i32;
@external("cascata_http_v1", "send") declare function hostSend(head: usize, headLen: i32, body: usize, bodyLen: i32): i32;
@external("cascata_http_v1", "body") declare function hostBody(dst: usize, cap: i32): i32;
@external("cascata_http_v1", "header") declare function hostHeader(name: usize, nameLen: i32, dst: usize, cap: i32): i32;
@external("cascata_http_v1", "error") declare function hostHttpError(dst: usize, cap: i32): i32;

/** Bytes that were copied out of the host; null if there are none. */
function taken(bytes: ArrayBuffer, size: i32): ArrayBuffer | null {
  return size < 0 ? null : bytes.slice(0, size);
}

function utf8(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}

function address(bytes: ArrayBuffer): usize {
  return changetype<usize>(bytes);
}

const USUAL: i32 = 256;

/** Milliseconds since 1970; 0 under `determinism: strict`. */
export function nowMs(): i64 {
  return hostNowMs();
}

/** Nanoseconds on a clock that only goes on; 0 under `determinism: strict`. */
export function monotonicNs(): i64 {
  return hostMonotonicNs();
}

/** Random bytes of the system. */
export function randomBytes(count: i32): Uint8Array {
  const bytes = new ArrayBuffer(count);
  hostFill(address(bytes), count);
  return Uint8Array.wrap(bytes);
}

/** A secret by name; null if the stage's `handler.secrets` does not list it. */
export function secret(name: string): string | null {
  const to = utf8(name);
  let bytes = new ArrayBuffer(USUAL);
  let size = hostSecret(address(to), to.byteLength, address(bytes), bytes.byteLength);
  if (size > bytes.byteLength) {
    bytes = new ArrayBuffer(size);
    size = hostSecret(address(to), to.byteLength, address(bytes), size);
  }
  return size < 0 ? null : String.UTF8.decode(bytes.slice(0, size));
}

/** Adds to a counter. Names are a letter of a to z, then these, digits and _; what can't be taken is dropped and counted by the host. */
export function counter(name: string, by: f64 = 1): void {
  const to = utf8(name);
  hostCounter(address(to), to.byteLength, by);
}

/** Sets a gauge. */
export function gauge(name: string, value: f64): void {
  const to = utf8(name);
  hostGauge(address(to), to.byteLength, value);
}

/** Counts a value into a histogram. */
export function histogram(name: string, value: f64): void {
  const to = utf8(name);
  hostHistogram(address(to), to.byteLength, value);
}

/** Why the last operation of kv gave no answer. */
export enum KvReason { None = 0, Invalid = -2, TooLarge = -3, TooMany = -4, Unavailable = -5 }

let kvCode: i32 = 0;

/** Whether the last operation of kv gave no answer. */
export function kvFailed(): bool {
  return kvCode < -1;
}

export function kvReason(): KvReason {
  return kvFailed() ? <KvReason>kvCode : KvReason.None;
}

/** The same in the host's words. */
export function kvError(): string {
  const bytes = new ArrayBuffer(1024);
  return String.UTF8.decode(bytes.slice(0, min(hostKvError(address(bytes), 1024), 1024)));
}

/** The bytes under a key; null if there are none, or kvFailed(). */
export function kvGet(key: string): ArrayBuffer | null {
  const to = utf8(key);
  let bytes = new ArrayBuffer(USUAL);
  kvCode = hostKvGet(address(to), to.byteLength, address(bytes), USUAL);
  if (kvCode > USUAL) {
    bytes = new ArrayBuffer(kvCode);
    kvCode = hostKvValue(address(bytes), kvCode);
  }
  return taken(bytes, kvCode);
}

/** Puts bytes under a key for so many milliseconds, for ever if they are 0; false if kvFailed(). What is kept is kept at once. */
export function kvSet(key: string, value: ArrayBuffer, ttlMs: i64 = 0): bool {
  const to = utf8(key);
  kvCode = hostKvSet(address(to), to.byteLength, address(value), value.byteLength, ttlMs);
  return kvCode == 0;
}

/** Removes the value under a key, and says whether there was one. */
export function kvDelete(key: string): bool {
  const to = utf8(key);
  kvCode = hostKvDelete(address(to), to.byteLength);
  return kvCode == 1;
}

/** Adds to a counter and gives the sum, never below 0, and 0 if kvFailed(); it is gone `ttlMs` after its first use. */
export function kvAdd(key: string, by: i64, ttlMs: i64 = 0): i64 {
  const to = utf8(key);
  const sum = new ArrayBuffer(8);
  kvCode = hostKvAdd(address(to), to.byteLength, by, ttlMs, address(sum));
  return kvCode == 0 ? load<i64>(address(sum)) : 0;
}

/** Why a request has no answer. */
export enum HttpReason { None = 0, BadRequest = -1, NotAllowed = -2, Unreachable = -3, TooLarge = -4, TooMany = -5 }

/** A request to what `handler.http` lists. Redirects are not followed and nothing is sent twice. */
export class Request {
  private head: Json;
  private body: ArrayBuffer = new ArrayBuffer(0);

  constructor(url: string, method: string = "GET") {
    this.head = new Json().open("{").key("url").text(url).key("method").text(method).key("headers").open("{");
  }

  header(name: string, value: string): this {
    this.head.key(name).text(value);
    return this;
  }

  /** Not sent with GET and HEAD. */
  content(body: ArrayBuffer): this {
    this.body = body;
    return this;
  }

  /** Sends it, once: the status, or a number below 0, an HttpReason. */
  send(): i32 {
    const head = utf8(this.head.close("}").close("}").toString());
    return hostSend(address(head), head.byteLength, address(this.body), this.body.byteLength);
  }
}

/** The body of the last answer; null if there was none. */
export function responseBody(): ArrayBuffer | null {
  const size = hostBody(0, 0);
  if (size < 0) return null;
  const bytes = new ArrayBuffer(size);
  hostBody(address(bytes), size);
  return bytes;
}

/** A header of the last answer; null if there is none. */
export function responseHeader(name: string): string | null {
  const to = utf8(name);
  const size = hostHeader(address(to), to.byteLength, 0, 0);
  if (size < 0) return null;
  const bytes = new ArrayBuffer(size);
  hostHeader(address(to), to.byteLength, address(bytes), size);
  return String.UTF8.decode(bytes);
}

/** Why there was no answer, in the host's words. */
export function httpError(): string {
  const size = hostHttpError(0, 0);
  const bytes = new ArrayBuffer(size);
  hostHttpError(address(bytes), size);
  return String.UTF8.decode(bytes);
}
