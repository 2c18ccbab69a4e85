// The capabilities of a stage under test: a memory, services that say what they are told to, a clock that stands.
//
//   const given = capabilities({ secrets: { TOKEN: "t" }, answers: { "GET https://api.example.com/score": { status: 200, body: "82" } } });
//   const report = call(stage, { ip: "10.1.2.3" }, config, manifest, given);
//   assert.equal(given.kept.get("rating"), "82");
//
// `given` may be handed to several calls, and changed in between: `nowMs`, `answers`, `kvFails` (a reason). A request without an answer is
// not allowed; an answer of `{ reason, message }` is a refusal.

/** Everything that a stage may be allowed. `kept` and `counters` are by key, values as text; `metrics` and `requests` what it did. */
export function capabilities({ secrets = {}, answers = {}, nowMs = 0 } = {}) {
  const lives = new Map();
  const given = { secrets, answers, nowMs, kvFails: undefined, kept: new Map(), counters: new Map(), metrics: [], requests: [] };
  let steps = 0;
  // Does an operation on a map, without what is past its time.
  const keeping = (map, key, operation) => {
    if (key === "") throw { payload: { reason: "invalid", message: "an empty key" } };
    if (given.kvFails) throw { payload: { reason: given.kvFails, message: "the test lets kv fail" } };
    const name = `${map === given.kept} ${key}`;
    if (lives.get(name) <= given.nowMs) map.delete(key);
    return operation((ttlMs) => lives.set(name, Number(ttlMs) === 0 ? Infinity : given.nowMs + Number(ttlMs)));
  };
  const text = (bytes) => new TextDecoder().decode(bytes);
  const encoded = (value) => (value === undefined ? undefined : new TextEncoder().encode(value));
  given.imports = {
    "clock.nowMs": () => given.nowMs,
    "clock.monotonicNs": () => given.nowMs * 1e6 + ++steps * 1000,
    "random.bytes": (count) => Uint8Array.from({ length: count }, () => (++steps * 167) % 251),
    "secrets.get": (name) => given.secrets[name],
    "metrics.counter": (name, by) => void given.metrics.push(["counter", name, by]),
    "metrics.gauge": (name, value) => void given.metrics.push(["gauge", name, value]),
    "metrics.histogram": (name, value) => void given.metrics.push(["histogram", name, value]),
    "kv.get": (key) => keeping(given.kept, key, () => encoded(given.kept.get(key))),
    "kv.set": (key, value, ttlMs) => keeping(given.kept, key, (live) => void (live(ttlMs), given.kept.set(key, text(value)))),
    "kv.delete": (key) => keeping(given.kept, key, () => given.kept.delete(key)),
    "kv.add": (key, by, ttlMs) =>
      keeping(given.counters, key, (live) => {
        if (!given.counters.has(key)) live(ttlMs);
        given.counters.set(key, Math.max(0, (given.counters.get(key) ?? 0) + Number(by)));
        return given.counters.get(key);
      }),
    "http.send": ({ method, url, headers, body }) => {
      given.requests.push({ method, url, headers: Object.fromEntries(headers), body: text(body) });
      const answer = given.answers[`${method} ${url}`] ?? { reason: "not-allowed", message: "no answer was given for this request" };
      if (answer.reason) throw { payload: answer };
      return { status: answer.status, headers: Object.entries(answer.headers ?? {}), body: encoded(answer.body ?? "") };
    },
  };
  return given;
}
