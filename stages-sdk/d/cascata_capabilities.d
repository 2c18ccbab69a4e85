/// What a stage may have beyond its event, in D: import this beside `cascata`, and let the cascade allow what is called.
///
///     handler: {kind: wasm, module: stage.wasm, allow: [kv, metrics]}
///
/// Nothing of a capability is in a module that calls none of its functions. Texts and values are read into buffers that the caller gives. Tests
/// link `cascata_test.c` of the C SDK and give capabilities by the functions of `cascata_testing.d`.
module cascata_capabilities;

import cascata : Json;

@nogc nothrow:

// Clock and random: under `determinism: strict` the clocks stand at 0 and the bytes are the same in every call.

/// Milliseconds since 1970.
ulong nowMs() { return cascata_import_clock_now_ms(); }
/// Nanoseconds on a clock that only goes on.
ulong monotonicNs() { return cascata_import_clock_monotonic_ns(); }
/// Fills a buffer with random bytes of the system.
void random(scope ubyte[] buffer) { cascata_import_random_fill(buffer.ptr, cast(uint) buffer.length); }

// Secrets and metrics.

/// A secret, copied into `buffer`; null if the stage's `handler.secrets` does not list it, or it is longer than the buffer.
const(char)[] secret(scope const(char)[] name, return scope char[] buffer) {
    return taken(buffer, cascata_import_secrets_get(name.ptr, cast(uint) name.length, buffer.ptr, cast(uint) buffer.length));
}

/// Names are a letter of a to z, then these, digits and _, at most 64 bytes; what can't be taken is dropped and counted by the host.
void counter(scope const(char)[] name, double by) { cascata_import_metrics_counter(name.ptr, cast(uint) name.length, by); }
/// As it is now.
void gauge(scope const(char)[] name, double value) { cascata_import_metrics_gauge(name.ptr, cast(uint) name.length, value); }
/// One of many values.
void histogram(scope const(char)[] name, double value) { cascata_import_metrics_histogram(name.ptr, cast(uint) name.length, value); }

// kv: values and counters under keys of the stage's namespace. What is kept is kept at once, whatever becomes of the call.

/// How an operation went.
enum Kv {
    ok = 0,
    /// There is no value.
    none = -1,
    /// A key or lifetime that can't be.
    invalid = -2,
    /// A value beyond `kv.value_bytes`.
    tooLarge = -3,
    /// More operations than `kv.operations`, or more counters than there is room for.
    tooMany = -4,
    /// The store is out of order.
    unavailable = -5,
    /// The value is longer than the buffer that was given for it; the host says no such thing.
    noSpace = -6,
}

/// The value under a key, copied into `buffer`.
Kv kvGet(scope const(char)[] key, return scope char[] buffer, ref const(char)[] value) {
    immutable size = cascata_import_kv_get(key.ptr, cast(uint) key.length, buffer.ptr, cast(uint) buffer.length);
    if (size < 0) return failed(size);
    value = taken(buffer, size);
    return value.ptr is null ? Kv.noSpace : Kv.ok;
}

/// What the last `kvGet` found, without asking again: for a buffer that was too short.
Kv kvValue(return scope char[] buffer, ref const(char)[] value) {
    immutable size = cascata_import_kv_value(buffer.ptr, cast(uint) buffer.length);
    if (size < 0) return failed(size);
    value = taken(buffer, size);
    return value.ptr is null ? Kv.noSpace : Kv.ok;
}

/// Puts a value under a key for so many milliseconds, for ever if they are 0.
Kv kvSet(scope const(char)[] key, scope const(char)[] value, ulong ttlMs) {
    return failed(cascata_import_kv_set(key.ptr, cast(uint) key.length, value.ptr, cast(uint) value.length, ttlMs));
}

/// Removes the value under a key; `none` if there was none.
Kv kvDelete(scope const(char)[] key) {
    immutable code = cascata_import_kv_delete(key.ptr, cast(uint) key.length);
    return code == 0 ? Kv.none : failed(code);
}

/// Adds to a counter and gives the sum, never below 0; it is gone `ttlMs` after its first use. Counters have keys of their own.
Kv kvAdd(scope const(char)[] key, long by, ulong ttlMs, ref long sum) {
    return failed(cascata_import_kv_add(key.ptr, cast(uint) key.length, by, ttlMs, &sum));
}

/// Why the last operation gave no answer, in the host's words; empty if they are longer than the buffer.
const(char)[] kvError(return scope char[] buffer) {
    return taken(buffer, cascata_import_kv_error(buffer.ptr, cast(uint) buffer.length));
}

// http: requests to what `handler.http` lists. Redirects are not followed and nothing is sent twice.

/// Why there is no status.
enum Http {
    /// It can't be sent as it is.
    badRequest = -1,
    /// Not listed.
    notAllowed = -2,
    /// No connection, or one that broke.
    unreachable = -3,
    tooLarge = -4,
    tooMany = -5,
}

/// A line of a request's head.
struct Header { const(char)[] name, value; }

/// Sends a request and waits: the answer's status, or one of `Http`. The head of the request is written into `scratch`; one that is too short
/// is a bad request. `content` is not sent with GET and HEAD.
int httpSend(string method, scope const(char)[] url, scope const(Header)[] headers, scope const(char)[] content, scope char[] scratch) {
    auto json = Json(scratch);
    json.open("{");
    json.key("method");
    json.text(method);
    json.key("url");
    json.text(url);
    json.key("headers");
    json.open("{");
    foreach (ref header; headers) {
        json.key(header.name);
        json.text(header.value);
    }
    json.close("}");
    json.close("}");
    const head = json.written;
    if (head.ptr is null) return Http.badRequest;
    return cascata_import_http_send(head.ptr, cast(uint) head.length, content.ptr, cast(uint) content.length);
}

/// The body of the last answer, copied into `buffer`; null if there was none, or it is longer than that.
const(char)[] httpBody(return scope char[] buffer) {
    return taken(buffer, cascata_import_http_body(buffer.ptr, cast(uint) buffer.length));
}

/// A header of the last answer, in the same way.
const(char)[] httpHeader(scope const(char)[] name, return scope char[] buffer) {
    return taken(buffer, cascata_import_http_header(name.ptr, cast(uint) name.length, buffer.ptr, cast(uint) buffer.length));
}

/// Why there was no answer, in the host's words; empty if they are longer than the buffer.
const(char)[] httpError(return scope char[] buffer) {
    return taken(buffer, cascata_import_http_error(buffer.ptr, cast(uint) buffer.length));
}

private:

/// What the host copied, if all of it fitted.
const(char)[] taken(return scope char[] buffer, int size) {
    return size >= 0 && size <= buffer.length ? buffer.ptr[0 .. size] : null;
}

/// The reasons of this version; one of a later host counts as a store out of order.
Kv failed(int code) {
    if (code >= 0) return Kv.ok;
    return code > Kv.noSpace ? cast(Kv) code : Kv.unavailable;
}

version (WebAssembly) import ldc.attributes : llvmAttr;
else struct llvmAttr { string key, value; }

enum from(string capability) = llvmAttr("wasm-import-module", "cascata_" ~ capability ~ "_v1");
enum named(string name) = llvmAttr("wasm-import-name", name);

extern (C):
@(from!"clock") @(named!"now_ms") long cascata_import_clock_now_ms();
@(from!"clock") @(named!"monotonic_ns") long cascata_import_clock_monotonic_ns();
@(from!"random") @(named!"fill") void cascata_import_random_fill(scope ubyte*, uint);
@(from!"secrets") @(named!"get") int cascata_import_secrets_get(scope const char*, uint, scope char*, uint);
@(from!"metrics") @(named!"counter") void cascata_import_metrics_counter(scope const char*, uint, double);
@(from!"metrics") @(named!"gauge") void cascata_import_metrics_gauge(scope const char*, uint, double);
@(from!"metrics") @(named!"histogram") void cascata_import_metrics_histogram(scope const char*, uint, double);
@(from!"kv") @(named!"get") int cascata_import_kv_get(scope const char*, uint, scope char*, uint);
@(from!"kv") @(named!"value") int cascata_import_kv_value(scope char*, uint);
@(from!"kv") @(named!"set") int cascata_import_kv_set(scope const char*, uint, scope const char*, uint, ulong);
@(from!"kv") @(named!"delete") int cascata_import_kv_delete(scope const char*, uint);
@(from!"kv") @(named!"add") int cascata_import_kv_add(scope const char*, uint, long, ulong, scope long*);
@(from!"kv") @(named!"error") int cascata_import_kv_error(scope char*, uint);
@(from!"http") @(named!"send") int cascata_import_http_send(scope const char*, uint, scope const char*, uint);
@(from!"http") @(named!"body") int cascata_import_http_body(scope char*, uint);
@(from!"http") @(named!"header") int cascata_import_http_header(scope const char*, uint, scope char*, uint);
@(from!"http") @(named!"error") int cascata_import_http_error(scope char*, uint);
