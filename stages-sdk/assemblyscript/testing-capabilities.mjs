// The capabilities of a stage under test: a memory, services that say what they are told to, a clock that stands.
//
//   const given = capabilities({ secrets: { TOKEN: "t" }, answers: { "GET https://api.example.com/score": { status: 200, body: "82" } } });
//   const report = stage.run({ ip: "10.1.2.3" }, config, given);
//   assert.equal(given.kept.get("rating"), "82");
//
// `given` may be handed to several calls, and changed in between: `nowMs`, `answers`, `kvFails` (a number such as -5). A request without an
// answer is not allowed; an answer whose status is below 0 is a refusal.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Everything that a stage may be allowed. `kept` and `counters` are by key, values as text; `metrics` and `requests` what it did. */
export function capabilities({ secrets = {}, answers = {}, nowMs = 0 } = {}) {
  const given = { secrets, answers, nowMs, kvFails: 0, kept: new Map(), counters: new Map(), metrics: [], requests: [] };
  given.modules = (memory) => modules(given, memory);
  return given;
}

function modules(given, memory) {
  given.lives ??= new Map();
  let steps = 0, found = null, answer = null;
  const bytes = (at, size) => new Uint8Array(memory().buffer, at >>> 0, size >>> 0);
  const text = (at, size) => decoder.decode(bytes(at, size));
  const handOver = (value, dst, cap) => {
    if (value === undefined || value === null) return -1;
    const from = encoder.encode(value);
    if (from.length <= cap) bytes(dst, from.length).set(from);
    return from.length;
  };
  // Does an operation on a key, without what is past its time.
  const keeping = (things, key, operation) => {
    if (key === "") return -2;
    if (given.kvFails) return given.kvFails;
    if (given.lives.get(`${things} ${key}`) <= given.nowMs) given[things].delete(key);
    return operation(given[things], (ttlMs) => given.lives.set(`${things} ${key}`, ttlMs === 0n ? Infinity : given.nowMs + Number(ttlMs)));
  };
  const measure = (kind) => (at, size, value) => void given.metrics.push([kind, text(at, size), value]);
  return {
    cascata_clock_v1: {
      now_ms: () => BigInt(given.nowMs),
      monotonic_ns: () => BigInt(given.nowMs * 1e6 + ++steps * 1000),
    },
    cascata_random_v1: { fill: (dst, size) => bytes(dst, size).forEach((_, i, all) => (all[i] = (++steps * 167) % 251)) },
    cascata_secrets_v1: { get: (at, size, dst, cap) => handOver(given.secrets[text(at, size)], dst, cap) },
    cascata_metrics_v1: { counter: measure("counter"), gauge: measure("gauge"), histogram: measure("histogram") },
    cascata_kv_v1: {
      get: (at, size, dst, cap) => keeping("kept", text(at, size), (kept) => handOver((found = kept.get(text(at, size))), dst, cap)),
      value: (dst, cap) => handOver(found, dst, cap),
      set: (at, size, value, length, ttlMs) =>
        keeping("kept", text(at, size), (kept, live) => (live(ttlMs), kept.set(text(at, size), text(value, length)), 0)),
      delete: (at, size) => keeping("kept", text(at, size), (kept) => Number(kept.delete(text(at, size)))),
      add: (at, size, by, ttlMs, out) =>
        keeping("counters", text(at, size), (counters, live) => {
          const key = text(at, size);
          if (!counters.has(key)) live(ttlMs);
          counters.set(key, Math.max(0, (counters.get(key) ?? 0) + Number(by)));
          new DataView(memory().buffer).setBigInt64(out >>> 0, BigInt(counters.get(key)), true);
          return 0;
        }),
      error: (dst, cap) => handOver("the test lets kv fail", dst, cap),
    },
    cascata_http_v1: {
      send: (at, size, body, length) => {
        const request = { ...JSON.parse(text(at, size)), body: text(body, length) };
        given.requests.push(request);
        answer = given.answers[`${request.method} ${request.url}`] ?? { status: -2, body: "no answer was given for this request" };
        return answer.status;
      },
      body: (dst, cap) => handOver(answer?.status < 0 ? null : answer?.body, dst, cap),
      header: (at, size, dst, cap) => {
        const name = text(at, size).toLowerCase();
        return handOver(Object.entries(answer?.headers ?? {}).find(([known]) => known.toLowerCase() === name)?.[1], dst, cap);
      },
      error: (dst, cap) => handOver(answer?.body, dst, cap),
    },
  };
}
