//! Run by examples/stages/test.sh with `zig test`.
const std = @import("std");
const testing = @import("cascata_test");
const given = testing.given;
const expect = std.testing.expect;
const expectEqualStrings = std.testing.expectEqualStrings;

comptime {
    _ = @import("stage.zig");
}

const line = "GET https://rate.example.com/10.1.2.3";

fn rate() *const testing.Report {
    given.cascata_test_secret("REPUTATION_TOKEN", "t0ken");
    return testing.run(
        \\{"ip": "10.1.2.3"}
    ,
        \\{"url": "https://rate.example.com", "remember_ms": 60000}
    );
}

test "a rating is asked for once and remembered" {
    given.cascata_test_answer(line, 200, "82\n");
    const report = rate();
    try expect(report.ok and report.confidence == 0.82);
    try expectEqualStrings("bad", report.result());
    try expectEqualStrings(
        \\{"rating":82,"source":"service","payments":1}
    , report.data());
    try expect(std.mem.indexOf(u8, std.mem.span(given.cascata_test_request()), "\"authorization\":\"Bearer t0ken\"") != null);
    try expectEqualStrings("82", std.mem.span(given.cascata_test_kv_value("rating/10.1.2.3")));
    try expectEqualStrings("counter asked 1\nhistogram answer_ms 0.001\n", std.mem.span(given.cascata_test_metrics()));
    try expectEqualStrings(
        \\{"rating":82,"source":"memory","payments":2}
    , rate().data());
    given.cascata_test_clock(61_000);
    try expectEqualStrings(
        \\{"rating":82,"source":"service","payments":3}
    , rate().data());
}

test "a store that is out of order costs only the memory" {
    given.cascata_test_answer(line, 200, "40");
    given.cascata_test_kv_fails(-5);
    defer given.cascata_test_kv_fails(0);
    const report = rate();
    try expectEqualStrings(
        \\{"rating":40,"source":"service","payments":0}
    , report.data());
    try expectEqualStrings("the test lets kv fail\n", report.log());
}

test "a service that does not answer fails the stage and says how" {
    given.cascata_test_clock(10_000_000);
    given.cascata_test_answer(line, -3, "refused");
    var report = rate();
    try expect(!report.ok and report.code == 2 and report.retryable == 1);
    try expectEqualStrings("refused", report.message());
    given.cascata_test_answer(line, -2, "not listed");
    report = rate();
    try expect(!report.ok and report.code == 3 and report.retryable == 0);
    given.cascata_test_answer(line, 503, "");
    report = rate();
    try expect(!report.ok and report.status == 503 and report.retryable == 1 and report.retry_after_ms == 1000);
    for ([_][*:0]const u8{ "", "x", "101", "-1" }) |wrong| {
        given.cascata_test_answer(line, 200, wrong);
        report = rate();
        try expect(!report.ok);
        try expectEqualStrings("the service's answer is no rating", report.message());
    }
}
