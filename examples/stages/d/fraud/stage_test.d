/// Run by examples/stages/test.sh: ldc2 -betterC with the test host of the C SDK.
module stage_test;

import core.stdc.stdio : puts;
import cascata_testing;
import stage;

const(Report)* run(const char* event) { return cascata_test(event, `{"limit": 500, "countries": ["KP", "IR"]}`); }

void smallPaymentsPass() {
    const report = run(`{"amount": 20, "geo": {"country": "CH"}}`);
    assert(report.ok && is_(report.result, "pass") && report.confidence == 1);
    assert(is_(report.data, `{"reasons":[],"points":0,"country":"CH"}`));
    assert(report.write_count == 1 && is_(report.writes[0].path, "risk.points"));
}

void everySignAddsUp() {
    const report = run(`{"amount": 900.5, "geo": {"country": "KP"}, "velocity": 7,
        "items": [{"kind": "gift_card", "quantity": 2}, {"kind": "book"}, {"kind": "gift_card"}]}`);
    assert(report.ok && is_(report.result, "block") && report.confidence == 1);
    assert(is_(report.data, `{"reasons":["amount","country","velocity","gift_cards"],"points":100,"country":"KP"}`));
    assert(is_(report.log, "blocked\n"));
}

void trustHalves() {
    const report = run(`{"amount": 900, "velocity": 5, "user": {"trusted": true}}`);
    assert(report.ok && is_(report.result, "review") && report.confidence == 0.7);
    assert(is_(report.data, `{"reasons":["amount","velocity","trusted"],"points":30,"country":null}`));
}

void whatCannotBeScoredFails() {
    const wrong = run(`{"amount": "much"}`);
    assert(!wrong.ok && wrong.code == 0 && !wrong.retryable && is_(wrong.message, "amount is not a number"));
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
