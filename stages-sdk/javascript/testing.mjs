// Runs a stage in Node, without a component: the host's interfaces over plain JavaScript values.
//
//   // node --import ./testing.mjs --test
//   import { call } from "./testing.mjs";
//   import * as stage from "./stage.js";
//
//   const report = call(stage, { amount: 1500 }, { limit: 900 });
//   assert.equal(report.result, "review");
//
// Preloaded with `--import`, it answers the imports `cascata:stage/…`. Fields by number need the manifest, the last argument of `call`.
//
// Capabilities are given as `call(stage, event, config, manifest, given)`, by `capabilities()` of the file beside this one.
import { register } from "node:module";

const interfaces = {
  event: ["get", "slot", "kindOf", "len", "child", "item", "keys", "json"],
  config: ["get"],
  writes: ["set"],
  logging: ["enabled", "log"],
  call: ["attempt", "remainingMs"],
  clock: ["nowMs", "monotonicNs"],
  random: ["bytes"],
  http: ["send"],
  kv: ["get", "set", "delete", "add"],
  secrets: ["get"],
  metrics: ["counter", "gauge", "histogram"],
};

// Modules of the loader, as source text: each interface is an object whose functions ask the running call.
const source = (name) => {
  const functions = interfaces[name].map((f) => `${f}: (...a) => globalThis.__cascata["${name}.${f}"](...a)`);
  return `export default { ${functions.join(", ")} };`;
};
const sources = Object.fromEntries(Object.keys(interfaces).map((name) => [name, source(name)]));
const hooks = `
  const sources = ${JSON.stringify(sources)};
  export function resolve(specifier, context, next) {
    return specifier.startsWith("cascata:stage/") ? { url: specifier, shortCircuit: true } : next(specifier, context);
  }
  export function load(url, context, next) {
    if (!url.startsWith("cascata:stage/")) return next(url, context);
    const name = url.slice("cascata:stage/".length).split("@")[0];
    return { format: "module", source: sources[name], shortCircuit: true };
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

/** Calls a stage; `result`, `confidence`, `data`, `writes`, `logs`, or `failure`. */
export function call(stage, event, config = {}, manifest = {}, given = {}) {
  const report = { writes: [], logs: [] };
  globalThis.__cascata = { ...host(report, event, config, manifest.fields ?? []), ...given.imports };
  try {
    Object.assign(report, stage.run());
  } catch (failure) {
    if (failure instanceof Error) throw failure;
    return { failure, writes: [], logs: report.logs };
  }
  const { result, confidence, data } = report;
  if (manifest.results?.length && !manifest.results.includes(result)) throw new Error(`the manifest does not list the result ${result}`);
  if (confidence !== null && !(confidence >= 0 && confidence <= 1)) throw new Error(`the confidence ${confidence} is outside 0 to 1`);
  if (data !== null && !data.startsWith("{")) throw new Error(`data is no object: ${data}`);
  return report;
}

function host(report, event, config, fields) {
  const arena = [];
  const slots = [...fields];
  const node = (handle) => arena[handle - 1];
  const value = (it) => {
    if (it === undefined) return { tag: "missing" };
    if (it === null) return { tag: "null" };
    if (typeof it === "object") return { tag: "composite", val: arena.push(it) };
    if (typeof it === "bigint") return { tag: "big-integer", val: it.toString() };
    const tag = { boolean: "boolean", string: "text", number: Number.isSafeInteger(it) ? "integer" : "float" }[typeof it];
    return { tag, val: it };
  };
  const child = (of, key) => (typeof of === "object" && of !== null && Object.hasOwn(of, key) ? of[key] : undefined);
  return {
    "event.get": (slot) => value(slots[slot].split(/[.[\]]+/).filter(Boolean).reduce(child, event)),
    "event.slot": (path) => (path === "" ? null : slots.includes(path) ? slots.indexOf(path) : slots.push(path) - 1),
    "event.kindOf": (handle) => (Array.isArray(node(handle)) ? "array" : "object"),
    "event.len": (handle) => Object.keys(node(handle)).length,
    "event.child": (handle, key) => value(Array.isArray(node(handle)) ? undefined : child(node(handle), key)),
    "event.item": (handle, index) => value(Object.values(node(handle))[index]),
    "event.keys": (handle, start, max) => Object.keys(node(handle)).slice(start, start + max),
    "event.json": (handle) => JSON.stringify(node(handle)),
    "config.get": (key) => value(key === "" ? config : child(config, key)),
    "writes.set": (path, json) => {
      if (path === "" || path.includes("[") || path.startsWith("stages.")) throw "path";
      report.writes.push([path, JSON.parse(json)]);
    },
    "logging.enabled": () => true,
    "logging.log": (level, message) => void report.logs.push({ level, message }),
    "call.attempt": () => 1,
    "call.remainingMs": () => 30000,
  };
}
