//! What a stage may do beyond answering, where its cascade allows it: clock, random, secrets, metrics, kv and http.
//!
//!     const payments = cascata.capabilities.kv.add(card, 1, 3_600_000) catch return …;
//!
//! A module asks its host for what the stage calls, and is refused where `handler.allow` does not list it. Texts and values are read into
//! buffers that the caller gives. Natively the imports are functions of `cascata_test_capabilities.h` of the C SDK.
const cascata = @import("cascata.zig");
const builtin = @import("builtin");

/// Under `determinism: strict` both stand at 0.
pub const clock = struct {
    /// Milliseconds since 1970.
    pub fn nowMs() u64 {
        return @bitCast(host.clock_now_ms());
    }

    /// Nanoseconds on a clock that only goes on.
    pub fn monotonicNs() u64 {
        return @bitCast(host.clock_monotonic_ns());
    }
};

/// Fills a buffer with random bytes of the system.
pub fn random(buf: []u8) void {
    host.random_fill(buf.ptr, @intCast(buf.len));
}

/// A secret by name; null if the stage's `handler.secrets` does not list it, or it is longer than the buffer.
pub fn secret(name: []const u8, buf: []u8) ?[]const u8 {
    return taken(buf, host.secrets_get(name.ptr, size(name), buf.ptr, size(buf)));
}

/// Names are a letter of a to z, then these, digits and _, at most 64 bytes; what can't be taken is dropped and counted by the host.
pub const metrics = struct {
    pub fn counter(name: []const u8, by: f64) void {
        host.metrics_counter(name.ptr, size(name), by);
    }

    pub fn gauge(name: []const u8, value: f64) void {
        host.metrics_gauge(name.ptr, size(name), value);
    }

    pub fn histogram(name: []const u8, value: f64) void {
        host.metrics_histogram(name.ptr, size(name), value);
    }
};

/// Values and counters under keys of the stage's namespace. What is kept is kept at once, whatever becomes of the call.
pub const kv = struct {
    /// `NoSpace`: the value is longer than the buffer that was given for it.
    pub const Error = error{ Invalid, TooLarge, TooMany, Unavailable, NoSpace };

    /// The value under a key; null if there is none.
    pub fn get(key: []const u8, buf: []u8) Error!?[]const u8 {
        const code = host.kv_get(key.ptr, size(key), buf.ptr, size(buf));
        if (code == -1) return null;
        try done(code);
        return taken(buf, code) orelse error.NoSpace;
    }

    /// Puts a value under a key for so many milliseconds, for ever if they are 0.
    pub fn set(key: []const u8, value: []const u8, ttl_ms: u64) Error!void {
        return done(host.kv_set(key.ptr, size(key), value.ptr, size(value), ttl_ms));
    }

    /// Removes the value under a key, and says whether there was one.
    pub fn delete(key: []const u8) Error!bool {
        const code = host.kv_delete(key.ptr, size(key));
        try done(code);
        return code == 1;
    }

    /// Adds to a counter and gives the sum, never below 0; it is gone `ttl_ms` after its first use. Counters have keys of their own.
    pub fn add(key: []const u8, by: i64, ttl_ms: u64) Error!i64 {
        var sum: i64 = 0;
        try done(host.kv_add(key.ptr, size(key), by, ttl_ms, &sum));
        return sum;
    }

    /// Why the last operation gave no answer, in the host's words.
    pub fn message(buf: []u8) []const u8 {
        return taken(buf, host.kv_error(buf.ptr, size(buf))) orelse "";
    }

    fn done(code: i32) Error!void {
        return switch (code) {
            -2 => error.Invalid,
            -3 => error.TooLarge,
            -4 => error.TooMany,
            else => if (code < 0) error.Unavailable,
        };
    }
};

/// Requests to what `handler.http` lists. Redirects are not followed and nothing is sent twice.
pub const http = struct {
    pub const Error = error{ BadRequest, NotAllowed, Unreachable, TooLarge, TooMany };

    pub const Header = struct { name: []const u8, value: []const u8 };

    pub const Request = struct {
        method: []const u8 = "GET",
        url: []const u8,
        headers: []const Header = &.{},
        /// Not sent with GET and HEAD.
        body: []const u8 = "",
    };

    /// Sends a request and gives the answer's status. The head of the request is written into `scratch`; one that is too short is a bad
    /// request.
    pub fn send(request: Request, scratch: []u8) Error!u16 {
        var head = cascata.Json.in(scratch);
        head.open('{');
        head.key("method");
        head.text(request.method);
        head.key("url");
        head.text(request.url);
        head.key("headers");
        head.open('{');
        for (request.headers) |entry| {
            head.key(entry.name);
            head.text(entry.value);
        }
        head.close('}');
        head.close('}');
        if (head.overflow) return error.BadRequest;
        const status = host.http_send(head.buf.ptr, @intCast(head.len), request.body.ptr, size(request.body));
        return switch (status) {
            -1 => error.BadRequest,
            -2 => error.NotAllowed,
            -4 => error.TooLarge,
            -5 => error.TooMany,
            else => if (status < 0) error.Unreachable else @intCast(status),
        };
    }

    /// The body of the last answer; null if there was none, or it is longer than the buffer.
    pub fn body(buf: []u8) ?[]const u8 {
        return taken(buf, host.http_body(buf.ptr, size(buf)));
    }

    /// A header of the last answer, in the same way.
    pub fn header(name: []const u8, buf: []u8) ?[]const u8 {
        return taken(buf, host.http_header(name.ptr, size(name), buf.ptr, size(buf)));
    }

    /// Why there was no answer, in the host's words.
    pub fn message(buf: []u8) []const u8 {
        return taken(buf, host.http_error(buf.ptr, size(buf))) orelse "";
    }
};

fn size(bytes: []const u8) u32 {
    return @intCast(bytes.len);
}

/// What the host copied, if all of it fitted.
fn taken(buf: []u8, code: i32) ?[]const u8 {
    if (code < 0 or code > buf.len) return null;
    return buf[0..@intCast(code)];
}

/// The imports; natively, the functions of the test host.
const host = struct {
    const clock_now_ms = import("clock", "now_ms", fn () callconv(.c) i64);
    const clock_monotonic_ns = import("clock", "monotonic_ns", fn () callconv(.c) i64);
    const random_fill = import("random", "fill", fn ([*]u8, u32) callconv(.c) void);
    const secrets_get = import("secrets", "get", fn ([*]const u8, u32, [*]u8, u32) callconv(.c) i32);
    const metrics_counter = import("metrics", "counter", fn ([*]const u8, u32, f64) callconv(.c) void);
    const metrics_gauge = import("metrics", "gauge", fn ([*]const u8, u32, f64) callconv(.c) void);
    const metrics_histogram = import("metrics", "histogram", fn ([*]const u8, u32, f64) callconv(.c) void);
    const kv_get = import("kv", "get", fn ([*]const u8, u32, [*]u8, u32) callconv(.c) i32);
    const kv_set = import("kv", "set", fn ([*]const u8, u32, [*]const u8, u32, u64) callconv(.c) i32);
    const kv_delete = import("kv", "delete", fn ([*]const u8, u32) callconv(.c) i32);
    const kv_add = import("kv", "add", fn ([*]const u8, u32, i64, u64, *i64) callconv(.c) i32);
    const kv_error = import("kv", "error", fn ([*]u8, u32) callconv(.c) i32);
    const http_send = import("http", "send", fn ([*]const u8, u32, [*]const u8, u32) callconv(.c) i32);
    const http_body = import("http", "body", fn ([*]u8, u32) callconv(.c) i32);
    const http_header = import("http", "header", fn ([*]const u8, u32, [*]u8, u32) callconv(.c) i32);
    const http_error = import("http", "error", fn ([*]u8, u32) callconv(.c) i32);
};

fn import(comptime module: []const u8, comptime name: []const u8, comptime Function: type) *const Function {
    return if (builtin.cpu.arch.isWasm())
        @extern(*const Function, .{ .name = name, .library_name = "cascata_" ++ module ++ "_v1" })
    else
        @extern(*const Function, .{ .name = "cascata_import_" ++ module ++ "_" ++ name });
}
