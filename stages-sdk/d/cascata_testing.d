/// The native test host for stages in D: declarations of `cascata_test.h` and `cascata_test_capabilities.h`, which say more. The test links
/// `cascata_test.c` of the C SDK.
///
///     const report = cascata_test(`{"amount": 1500}`, `{}`);
///     assert(report.ok && is_(report.result, "review"));
module cascata_testing;

import core.stdc.string : strcmp;

/// A write to the event.
struct Written { char[128] path; char[512] json; }

/// What came of a call, as `cascata_report` lays it out: texts end with a zero byte.
struct Report {
    bool ok;
    char[128] result;
    double confidence;
    char[4096] data;
    Written[16] writes;
    int write_count;
    char[4096] log;
    int code, status, retryable;
    long retry_after_ms;
    char[512] message;
}

/// Whether a text of a report, or of the functions below, is this one.
bool is_(scope const(char)[] text, scope const char* other) @nogc nothrow { return strcmp(text.ptr, other) == 0; }
/// ditto
bool is_(scope const char* text, scope const char* other) @nogc nothrow { return strcmp(text, other) == 0; }

extern (C) @nogc nothrow:

/// Calls the stage with an event and its `with:` block, both JSON.
const(Report)* cascata_test(const char* event, const char* config);

/// Where the clock stands, in milliseconds; kv's lifetimes go by it.
void cascata_test_clock(ulong now_ms);
/// What a service answers to `METHOD URL`; a status below 0 is why it doesn't, with the body as its message.
void cascata_test_answer(const char* line, int status, const char* content);
void cascata_test_secret(const char* name, const char* value);
/// A code of `Kv` that every operation fails with from now on; 0 ends it.
void cascata_test_kv_fails(int code);
/// The value under a key, "" if there is none; the sum of a counter.
const(char)* cascata_test_kv_value(const char* key);
/// ditto
long cascata_test_kv_counter(const char* key);
/// Figures so far, a line each: `counter asked 1`.
const(char)* cascata_test_metrics();
/// The head of the last request, JSON, and its body; "" if there was none.
const(char)* cascata_test_request();
/// ditto
const(char)* cascata_test_request_body();
