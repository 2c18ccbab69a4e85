//! Run by examples/stages/test.sh with `zig test`.
const std = @import("std");
const testing = @import("cascata_test");
const expect = std.testing.expect;
const expectEqualStrings = std.testing.expectEqualStrings;

comptime {
    _ = @import("stage.zig");
}

fn score(event: [*:0]const u8) *const testing.Report {
    return testing.run(event,
        \\{"limit": 500, "countries": ["KP", "IR"]}
    );
}

test "small payments pass" {
    const report = score(
        \\{"amount": 20, "geo": {"country": "CH"}}
    );
    try expect(report.ok and report.confidence == 1.0 and report.write_count == 1);
    try expectEqualStrings("pass", report.result());
    try expectEqualStrings(
        \\{"reasons":[],"points":0,"country":"CH"}
    , report.data());
    try expectEqualStrings("risk.points", report.path(0));
    try expectEqualStrings("0", report.json(0));
}

test "every sign adds up" {
    const report = score(
        \\{"amount": 900.5, "geo": {"country": "KP"}, "velocity": 7,
        \\ "items": [{"kind": "gift_card", "quantity": 2}, {"kind": "book"}, {"kind": "gift_card"}]}
    );
    try expect(report.ok and report.confidence == 1.0);
    try expectEqualStrings("block", report.result());
    try expectEqualStrings(
        \\{"reasons":["amount","country","velocity","gift_cards"],"points":100,"country":"KP"}
    , report.data());
    try expectEqualStrings("blocked\n", report.log());
}

test "trust halves" {
    const report = score(
        \\{"amount": 900, "velocity": 5, "user": {"trusted": true}}
    );
    try expect(report.ok and report.confidence == 0.7);
    try expectEqualStrings("review", report.result());
    try expectEqualStrings(
        \\{"reasons":["amount","velocity","trusted"],"points":30,"country":null}
    , report.data());
}

test "what cannot be scored fails" {
    const wrong = score(
        \\{"amount": "much"}
    );
    try expect(!wrong.ok and wrong.code == 0 and wrong.retryable == 0);
    try expectEqualStrings("amount is not a number", wrong.message());
    const early = score(
        \\{"amount": 1, "velocity": null}
    );
    try expect(!early.ok and early.code == 2 and early.retryable == 1);
    try expect(early.status == 503 and early.retry_after_ms == 250 and early.write_count == 0);
}
