// Runs a built stage on events in Node, for tests: the imports of `cascata_v1` over plain JavaScript values.
//
//   import { load } from "./testing.mjs";
//   const stage = await load("stage.wasm");
//   const report = stage.run({ amount: 1500 }, { limit: 900 });
//   assert.equal(report.result, "review");
//
// Numbers are JavaScript's: an integer written `1.0` counts as an integer here, where the engine sees a float. What the engine
// refuses (two results, an unlisted label, data that is no object) throws. Capabilities are given to `run` as its last argument, by
// `capabilities()` of the file beside this one.
import { readFile } from "node:fs/promises";

const KINDS = { missing: 0n, null: 1n, boolean: 2n, int: 3n, float: 4n, string: 5n, array: 6n, object: 7n };
const STALE = 8n << 56n;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Compiles a module and reads its manifest. */
export async function load(file) {
  const module = await WebAssembly.compile(await readFile(file));
  const [section] = WebAssembly.Module.customSections(module, "cascata-manifest");
  const manifest = section ? JSON.parse(decoder.decode(section)) : {};
  return { manifest, run: (event, config = {}, given = undefined) => new Call(manifest, event, config, given).run(module) };
}

/** One call in an instance of its own. */
class Call {
  constructor(manifest, event, config, given) {
    Object.assign(this, { manifest, event, config, given, slots: [...(manifest.fields ?? [])], arena: [] });
    this.report = { writes: [], logs: [] };
  }

  /** What came of it: `result`, `confidence`, `data`, `writes`, `logs`, or `failure`. */
  run(module) {
    const abort = (_message, _file, line, column) => {
      throw new Error(`the stage aborted at ${line}:${column}`);
    };
    const instance = new WebAssembly.Instance(module, { cascata_v1: this.imports(), env: { abort }, ...this.given?.modules(() => this.memory) });
    this.memory = instance.exports.memory;
    instance.exports._initialize?.();
    const failed = (instance.exports.stage_init?.() ?? 0) !== 0 || instance.exports.stage_run() !== 0;
    if (failed) this.report.writes = [];
    else if (this.report.result === undefined) throw new Error("the stage gave no result");
    return this.report;
  }

  text(at, size) {
    return decoder.decode(new Uint8Array(this.memory.buffer, at >>> 0, size >>> 0));
  }

  tag(value) {
    const kind =
      value === undefined ? "missing"
      : value === null ? "null"
      : Array.isArray(value) ? "array"
      : typeof value === "number" ? (Number.isInteger(value) ? "int" : "float")
      : typeof value;
    if (kind === "missing" || kind === "null") return KINDS[kind] << 56n;
    if (kind === "boolean") return (KINDS[kind] << 56n) | BigInt(value);
    const size = BigInt(Math.min(encoder.encode(written(value)).length, 0xffffff));
    return BigInt.asIntN(64, (KINDS[kind] << 56n) | (size << 32n) | BigInt(this.arena.push(value)));
  }

  of(handle, look) {
    return handle > 0 && handle <= this.arena.length ? this.tag(look(this.arena[handle - 1])) : STALE;
  }

  imports() {
    const { report } = this;
    return {
      slot: (at, size) => {
        const path = this.text(at, size);
        if (path === "") return -1;
        const known = this.slots.indexOf(path);
        return known < 0 ? this.slots.push(path) - 1 : known;
      },
      get: (slot) => (this.slots[slot] === undefined ? STALE : this.tag(follow(this.event, this.slots[slot]))),
      get_cfg: (at, size) => this.tag(size === 0 ? this.config : this.config[this.text(at, size)]),
      child: (handle, at, size) => this.of(handle, (node) => (isObject(node) ? node[this.text(at, size)] : undefined)),
      at: (handle, index) => this.of(handle, (node) => Object.values(node)[index]),
      len: (handle) => {
        const node = this.arena[handle - 1];
        if (typeof node === "string") return encoder.encode(node).length;
        return typeof node === "object" ? Object.keys(node).length : -1;
      },
      key_at: (handle, index) => this.of(handle, (node) => Object.keys(node)[index]),
      read: (handle, dst, cap) => {
        if (this.arena[handle - 1] === undefined) return -1;
        const bytes = encoder.encode(written(this.arena[handle - 1]));
        if (bytes.length <= cap) new Uint8Array(this.memory.buffer).set(bytes, dst >>> 0);
        return bytes.length;
      },
      as_f64: (handle) => (typeof this.arena[handle - 1] === "number" ? this.arena[handle - 1] : NaN),
      as_i64: (handle, out) => {
        const number = this.arena[handle - 1];
        if (!Number.isInteger(number)) return 1;
        if (Math.abs(number) >= 2 ** 63) return 2;
        new DataView(this.memory.buffer).setBigInt64(out, BigInt(number), true);
        return 0;
      },
      log_enabled: () => 1,
      log: (level, at, size) => void report.logs.push({ level, message: this.text(at, size) }),
      set_result: (at, size, confidence) => {
        const result = this.text(at, size);
        if (report.result !== undefined) throw new Error("two results in a call");
        if (this.manifest.results?.length && !this.manifest.results.includes(result)) throw new Error(`the manifest does not list the result ${result}`);
        if (confidence < 0 || confidence > 1) throw new Error(`the confidence ${confidence} is outside 0 to 1`);
        Object.assign(report, { result, confidence: Number.isNaN(confidence) ? null : confidence });
      },
      set_data: (at, size) => {
        report.data = this.text(at, size);
        if (!isObject(JSON.parse(report.data))) throw new Error(`data is no object: ${report.data}`);
      },
      set: (at, size, json, jsonSize) => {
        const path = this.text(at, size);
        if (path === "" || path.includes("[") || path.startsWith("stages.")) return 1;
        try {
          report.writes.push([path, JSON.parse(this.text(json, jsonSize))]);
          return 0;
        } catch {
          return 2;
        }
      },
      fail: (code, status, retryAfterMs, retryable, at, size) => {
        report.failure = { code, status, retryAfterMs: Number(retryAfterMs), retryable: retryable !== 0, message: this.text(at, size) };
      },
      meta: (which) => [1n, 30000n][which] ?? -1n,
    };
  }
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function follow(root, path) {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
  return steps.reduce((node, step) => (typeof node === "object" && node !== null && Object.hasOwn(node, step) ? node[step] : undefined), root);
}
