/// Run by examples/stages/test.sh: ldc2 -betterC with the test host of the C SDK.
module stage_test;

import core.stdc.stdio : puts;
import core.stdc.string : strcmp;
import stage;

struct Written { char[128] path; char[512] json; }

/// As `cascata_test.h` lays it out.
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

extern (C) const(Report)* cascata_test(const char* event, const char* config);

const(Report)* run(const char* event) { return cascata_test(event, `{"limit": 500, "countries": ["KP", "IR"]}`); }

bool is_(ref const char[128] text, const char* other) { return strcmp(text.ptr, other) == 0; }

void smallPaymentsPass() {
    const report = run(`{"amount": 20, "geo": {"country": "CH"}}`);
    assert(report.ok && is_(report.result, "pass") && report.confidence == 1);
    assert(strcmp(report.data.ptr, `{"reasons":[],"points":0,"country":"CH"}`) == 0);
    assert(report.write_count == 1 && is_(report.writes[0].path, "risk.points"));
}

void everySignAddsUp() {
    const report = run(`{"amount": 900.5, "geo": {"country": "KP"}, "velocity": 7,
        "items": [{"kind": "gift_card", "quantity": 2}, {"kind": "book"}, {"kind": "gift_card"}]}`);
    assert(report.ok && is_(report.result, "block") && report.confidence == 1);
    assert(strcmp(report.data.ptr,
        `{"reasons":["amount","country","velocity","gift_cards"],"points":100,"country":"KP"}`) == 0);
    assert(strcmp(report.log.ptr, "blocked\n") == 0);
}

void trustHalves() {
    const report = run(`{"amount": 900, "velocity": 5, "user": {"trusted": true}}`);
    assert(report.ok && is_(report.result, "review") && report.confidence == 0.7);
    assert(strcmp(report.data.ptr, `{"reasons":["amount","velocity","trusted"],"points":30,"country":null}`) == 0);
}

void whatCannotBeScoredFails() {
    const wrong = run(`{"amount": "much"}`);
    assert(!wrong.ok && wrong.code == 0 && !wrong.retryable && strcmp(wrong.message.ptr, "amount is not a number") == 0);
    const early = run(`{"amount": 1, "velocity": null}`);
    assert(!early.ok && early.code == 2 && early.retryable && early.status == 503);
    assert(early.retry_after_ms == 250 && early.write_count == 0);
}

extern (C) int main() {
    smallPaymentsPass();
    everySignAddsUp();
    trustHalves();
    whatCannotBeScoredFails();
    puts("fraud in D: 4 tests passed");
    return 0;
}
