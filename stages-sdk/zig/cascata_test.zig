//! Runs a stage natively under `zig test`, on the host in `cascata_test.c` of the C SDK:
//!
//!     zig test -lc -Ic --dep cascata … cascata_test.c
//!
//! As in C: what the engine refuses (two results, an unlisted label, data that is no object) ends the test with a message.
const std = @import("std");

const Written = extern struct { path: [128]u8, json: [512]u8 };

/// What came of a call, as `cascata_test.h` lays it out.
pub const Report = extern struct {
    /// It answered; else it failed.
    ok: bool,
    result_bytes: [128]u8,
    /// NaN: none.
    confidence: f64,
    data_bytes: [4096]u8,
    writes: [16]Written,
    /// 0 if it failed, as in the engine.
    write_count: c_int,
    log_bytes: [4096]u8,
    code: i32,
    status: i32,
    retryable: i32,
    /// -1: none.
    retry_after_ms: i64,
    message_bytes: [512]u8,

    pub fn result(self: *const Report) []const u8 {
        return terminated(&self.result_bytes);
    }

    /// Empty: none.
    pub fn data(self: *const Report) []const u8 {
        return terminated(&self.data_bytes);
    }

    /// Lines, each with its end.
    pub fn log(self: *const Report) []const u8 {
        return terminated(&self.log_bytes);
    }

    pub fn message(self: *const Report) []const u8 {
        return terminated(&self.message_bytes);
    }

    pub fn path(self: *const Report, write: usize) []const u8 {
        return terminated(&self.writes[write].path);
    }

    pub fn json(self: *const Report, write: usize) []const u8 {
        return terminated(&self.writes[write].json);
    }
};

fn terminated(bytes: []const u8) []const u8 {
    return bytes[0 .. std.mem.indexOfScalar(u8, bytes, 0) orelse bytes.len];
}

extern fn cascata_test(event: [*:0]const u8, config: [*:0]const u8) *const Report;

/// Runs the stage on an event with a `with:` block, both JSON. The report is good until the next call.
pub fn run(event: [*:0]const u8, config: [*:0]const u8) *const Report {
    return cascata_test(event, config);
}

/// The capabilities of stages under test, as `cascata_test_capabilities.h` has them; what is given stays for later runs.
pub const given = struct {
    pub extern fn cascata_test_clock(now_ms: u64) void;
    pub extern fn cascata_test_answer(line: [*:0]const u8, status: i32, body: [*:0]const u8) void;
    pub extern fn cascata_test_secret(name: [*:0]const u8, value: [*:0]const u8) void;
    pub extern fn cascata_test_kv_fails(code: i32) void;
    pub extern fn cascata_test_kv_value(key: [*:0]const u8) [*:0]const u8;
    pub extern fn cascata_test_kv_counter(key: [*:0]const u8) i64;
    pub extern fn cascata_test_metrics() [*:0]const u8;
    pub extern fn cascata_test_request() [*:0]const u8;
};
