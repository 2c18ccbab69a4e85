// Write a Cascata stage in AssemblyScript: this file, `transform.mjs` beside it, and a `manifest.json` of the stage's own.
//
//   import { event, Answer, Outcome, Failure, Code } from "./cascata";
//
//   const AMOUNT: i32 = 0; // of the manifest's `fields`
//
//   export function stage_run(): i32 {
//     return run().give();
//   }
//
//   function run(): Answer {
//     const amount = event(AMOUNT);
//     if (!amount.isNumber) return new Failure(Code.InvalidInput, "amount is not a number");
//     return new Outcome(amount.number() > 1000 ? "review" : "pass").confidence(0.9);
//   }
//
//   asc stage.ts -Oz --runtime incremental --transform ./transform.mjs -o stage.wasm
//
// A value stands for a field of the event and is read lazily; it is good for one call of the stage.

@external("cascata_v1", "slot") declare function hostSlot(path: usize, len: i32): i32;
@external("cascata_v1", "get") declare function hostGet(slot: i32): u64;
@external("cascata_v1", "get_cfg") declare function hostConfig(key: usize, len: i32): u64;
@external("cascata_v1", "child") declare function hostChild(handle: u32, key: usize, len: i32): u64;
@external("cascata_v1", "at") declare function hostAt(handle: u32, index: i32): u64;
@external("cascata_v1", "len") declare function hostLen(handle: u32): i32;
@external("cascata_v1", "key_at") declare function hostKeyAt(handle: u32, index: i32): u64;
@external("cascata_v1", "read") declare function hostRead(handle: u32, dst: usize, cap: i32): i32;
@external("cascata_v1", "as_f64") declare function hostF64(handle: u32): f64;
@external("cascata_v1", "as_i64") declare function hostI64(handle: u32, out: usize): i32;
@external("cascata_v1", "log_enabled") declare function hostLogEnabled(level: i32): i32;
@external("cascata_v1", "log") declare function hostLog(level: i32, message: usize, len: i32): void;
@external("cascata_v1", "set_result") declare function hostResult(label: usize, len: i32, confidence: f64): void;
@external("cascata_v1", "set_data") declare function hostData(json: usize, len: i32): void;
@external("cascata_v1", "set") declare function hostSet(path: usize, pathLen: i32, json: usize, jsonLen: i32): i32;
@external("cascata_v1", "fail") declare function hostFail(code: i32, status: i32, retryAfterMs: i64, retryable: i32, message: usize, len: i32): void;
@external("cascata_v1", "meta") declare function hostMeta(which: i32): i64;

/** What a value is. */
export enum Kind { Missing, Null, Bool, Int, Float, Text, Array, Object, Stale }

function utf8(text: string): ArrayBuffer {
  return String.UTF8.encode(text);
}

function address(bytes: ArrayBuffer): usize {
  return changetype<usize>(bytes);
}

/** A field of the event or of the configuration. */
export class Value {
  /** Bits 63..56 the kind, 55..32 a length, 31..0 a handle. */
  constructor(private tagged: u64) {}

  private get handle(): u32 {
    return <u32>this.tagged;
  }

  get kind(): Kind {
    const kind = <i32>(this.tagged >> 56);
    return kind < Kind.Stale ? <Kind>kind : Kind.Stale;
  }

  /** Missing or null, which conditions treat alike. */
  get isNil(): bool {
    return this.kind <= Kind.Null;
  }

  get isTrue(): bool {
    return this.kind == Kind.Bool && this.handle != 0;
  }

  get isNumber(): bool {
    return this.kind == Kind.Int || this.kind == Kind.Float;
  }

  /** A number; the fallback for anything else. */
  number(fallback: f64 = NaN): f64 {
    return this.isNumber ? hostF64(this.handle) : fallback;
  }

  /** A number as an integer; the fallback if it has a fraction, is beyond 64 bits, or is no number. */
  integer(fallback: i64 = 0): i64 {
    const out = new StaticArray<i64>(1);
    if (!this.isNumber || hostI64(this.handle, changetype<usize>(out)) != 0) return fallback;
    return out[0];
  }

  /** A text; null for anything else. */
  text(): string | null {
    return this.kind == Kind.Text ? this.read() : null;
  }

  /** Its JSON, containers and all; null if it is missing. */
  json(): string | null {
    const kind = this.kind;
    if (kind == Kind.Missing || kind == Kind.Stale) return null;
    if (kind == Kind.Null) return "null";
    if (kind == Kind.Bool) return this.isTrue ? "true" : "false";
    const text = this.read();
    return kind == Kind.Text ? quote(text) : text;
  }

  /** Whether it is this text. */
  is(other: string): bool {
    const text = this.text();
    return text !== null && text == other;
  }

  /** An entry of an object; missing in anything else. */
  get(key: string): Value {
    if (this.kind != Kind.Object) return new Value(0);
    const bytes = utf8(key);
    return new Value(hostChild(this.handle, address(bytes), bytes.byteLength));
  }

  /** An element of an array, or the value of an object's entry, by position. */
  at(index: i32): Value {
    if (this.kind != Kind.Array && this.kind != Kind.Object) return new Value(0);
    return new Value(hostAt(this.handle, index));
  }

  /** The key of an object's entry by position. */
  keyAt(index: i32): Value {
    return this.kind == Kind.Object ? new Value(hostKeyAt(this.handle, index)) : new Value(0);
  }

  /** Elements of an array, entries of an object, bytes of a text; 0 for anything else. */
  get length(): i32 {
    const kind = this.kind;
    return kind == Kind.Text || kind == Kind.Array || kind == Kind.Object ? max(hostLen(this.handle), 0) : 0;
  }

  /** The elements of an array; none for any other kind. */
  items(): Value[] {
    const items: Value[] = [];
    const length = this.kind == Kind.Array ? this.length : 0;
    for (let i = 0; i < length; i++) items.push(this.at(i));
    return items;
  }

  private read(): string {
    const size = hostRead(this.handle, 0, 0);
    if (size <= 0) return "";
    const bytes = new ArrayBuffer(size);
    hostRead(this.handle, address(bytes), size);
    return String.UTF8.decode(bytes);
  }
}

/** The manifest's n-th field. */
export function event(slot: i32): Value {
  return new Value(hostGet(slot));
}

/** Any field of the event: "items[0].price", "stages.A.result". */
export function path(text: string): Value {
  const bytes = utf8(text);
  const slot = hostSlot(address(bytes), bytes.byteLength);
  return slot < 0 ? new Value(0) : event(slot);
}

/** A key of the stage's `with:` block; "" is the whole block. */
export function config(key: string): Value {
  const bytes = utf8(key);
  return new Value(hostConfig(address(bytes), bytes.byteLength));
}

/** What a stage answers: an Outcome or a Failure. */
export abstract class Answer {
  /** Hands it to the host; what `stage_run` returns. */
  abstract give(): i32;
}

/** A result, with how sure the stage is and what later rules may read of it. */
export class Outcome extends Answer {
  private sure: f64 = NaN;
  private object: string | null = null;

  constructor(private label: string) {
    super();
  }

  /** 0 to 1. */
  confidence(confidence: f64): this {
    this.sure = confidence;
    return this;
  }

  /** A JSON object, read as `stages.NAME.data`. */
  data(json: Json): this {
    this.object = json.toString();
    return this;
  }

  give(): i32 {
    const label = utf8(this.label);
    const object = this.object;
    if (object !== null) {
      const json = utf8(object);
      hostData(address(json), json.byteLength);
    }
    hostResult(address(label), label.byteLength, this.sure);
    return 0;
  }
}

/** The kinds of failure. */
export enum Code { InvalidInput, InvalidConfig, Unavailable, Internal }

/** Why the stage has no result. Trying again does not help unless it says so. */
export class Failure extends Answer {
  private mayRetry: bool = false;
  private code_: i32 = 0;
  private wait: i64 = -1;

  constructor(private code: Code, private message: string) {
    super();
  }

  retryable(): this {
    this.mayRetry = true;
    return this;
  }

  /** Such as 503. */
  status(status: i32): this {
    this.code_ = status;
    return this;
  }

  retryAfterMs(ms: i64): this {
    this.wait = ms;
    return this;
  }

  give(): i32 {
    const message = utf8(this.message);
    hostFail(this.code, this.code_, this.wait, this.mayRetry ? 1 : 0, address(message), message.byteLength);
    return 1;
  }
}

/** JSON, written piece by piece. */
export class Json {
  private out: string = "";
  private comma: bool = false;

  private raw(text: string): this {
    this.out += this.comma ? "," + text : text;
    this.comma = true;
    return this;
  }

  /** "{" or "[". */
  open(bracket: string): this {
    this.raw(bracket);
    this.comma = false;
    return this;
  }

  /** "}" or "]". */
  close(bracket: string): this {
    this.out += bracket;
    this.comma = true;
    return this;
  }

  key(name: string): this {
    this.raw(quote(name) + ":");
    this.comma = false;
    return this;
  }

  /** A text; null is written as null. */
  text(text: string | null): this {
    return this.raw(text === null ? "null" : quote(text));
  }

  integer(number: i64): this {
    return this.raw(number.toString());
  }

  /** The shortest text that reads back the same; null if it is not finite. */
  number(number: f64): this {
    return this.raw(isFinite(number) ? number.toString() : "null");
  }

  bool(truth: bool): this {
    return this.raw(truth ? "true" : "false");
  }

  /** A copy of a value; null if it is missing. */
  value(value: Value): this {
    const json = value.json();
    return this.raw(json === null ? "null" : json);
  }

  toString(): string {
    return this.out;
  }
}

function quote(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c == 0x22) out += '\\"';
    else if (c == 0x5c) out += "\\\\";
    else if (c == 0x0a) out += "\\n";
    else if (c == 0x0d) out += "\\r";
    else if (c == 0x09) out += "\\t";
    else if (c < 0x20) out += "\\u00" + (c < 16 ? "0" : "1") + "0123456789abcdef".charAt(c & 15);
    else out += text.charAt(i);
  }
  return out + '"';
}

/** A write to the event, done when the stage has succeeded; false if the path can't be written. */
export function set(path: string, json: Json): bool {
  const to = utf8(path);
  const text = utf8(json.toString());
  return hostSet(address(to), to.byteLength, address(text), text.byteLength) == 0;
}

export enum Level { Trace, Debug, Info, Warn, Error }

/** A line of the stage's log. */
export function log(level: Level, message: string): void {
  const bytes = utf8(message);
  hostLog(level, address(bytes), bytes.byteLength);
}

/** Whether a line of this level would be kept. */
export function logEnabled(level: Level): bool {
  return hostLogEnabled(level) != 0;
}

/** Which attempt this is, from 1. */
export function attempt(): i64 {
  return hostMeta(0);
}

/** Milliseconds left before the host ends the call. */
export function remainingMs(): i64 {
  return hostMeta(1);
}
