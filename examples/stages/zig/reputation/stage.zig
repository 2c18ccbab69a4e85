//! How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
//! examples/stages/README.md defines it.
const std = @import("std");
const cascata = @import("cascata");
const capabilities = cascata.capabilities;
const http = capabilities.http;
const kv = capabilities.kv;

const hour_ms = 3_600_000;
const remember_ms = 600_000;
const busy = 20;

/// Texts of a failure, which is handed over after the function that made them has ended.
var said: [256]u8 = undefined;

comptime {
    cascata.declare(.{
        .name = "reputation",
        .version = "1.0.0",
        .fields = &.{"ip"},
        .results = &.{ "good", "unclear", "bad" },
        .config =
        \\{"type":"object","properties":{"url":{"type":"string"},"remember_ms":{"type":"integer","minimum":1}},"required":["url"]}
        ,
        .capabilities = &.{ "clock", "http", "kv", "metrics", "random", "secrets" },
        .run = run,
    });
}

fn run(event: cascata.Event) cascata.Answer {
    var address_buf: [48]u8 = undefined;
    const address = event.field(0).text(&address_buf) orelse return cascata.invalidInput("ip is not a text");
    var counter_buf: [64]u8 = undefined;
    var key_buf: [64]u8 = undefined;
    const counter = join(&counter_buf, &.{ "payments/", address });
    const key = join(&key_buf, &.{ "rating/", address });
    // A store that is out of order costs the memory only: the service is asked.
    const payments = kv.add(counter, 1, hour_ms) catch 0;
    var kept_buf: [8]u8 = undefined;
    const kept = kv.get(key, &kept_buf) catch null;
    const remembered = if (kept) |digits| number(digits, 100) else null;
    capabilities.metrics.counter(if (remembered != null) "remembered" else "asked", 1);
    const rated = remembered orelse switch (ask(address, key)) {
        .rated => |rated| rated,
        .failure => |failure| return .{ .failure = failure },
    };
    const data = struct {
        var buf: [128]u8 = undefined;
        var json: cascata.Json = undefined;
    };
    data.json = cascata.Json.in(&data.buf);
    const json = &data.json;
    json.open('{');
    json.key("rating");
    json.integer(rated);
    json.key("source");
    json.text(if (remembered != null) "memory" else "service");
    json.key("payments");
    json.integer(payments);
    json.close('}');
    const label = if (rated >= 70) "bad" else if (rated >= 30 or payments > busy) "unclear" else "good";
    const sure = @as(f64, @floatFromInt(@max(rated, 100 - rated))) / 100;
    return .{ .outcome = .{ .label = label, .confidence = sure, .data = json } };
}

const Asked = union(enum) { rated: i64, failure: cascata.Failure };

/// Asks the service, and keeps what it says.
fn ask(address: []const u8, key: []const u8) Asked {
    var token_buf: [256]u8 = undefined;
    const token = capabilities.secret("REPUTATION_TOKEN", &token_buf) orelse
        return failed(.{ .code = .invalid_config, .message = "the secret REPUTATION_TOKEN is not listed" });
    var base_buf: [256]u8 = undefined;
    const base = cascata.config("url").text(&base_buf) orelse return failed(.{ .code = .invalid_config, .message = "url is not a text" });
    var url_buf: [512]u8 = undefined;
    var bearer_buf: [264]u8 = undefined;
    var id_buf: [20]u8 = undefined;
    var bytes: [8]u8 = undefined;
    capabilities.random(&bytes);
    const headers = [_]http.Header{
        .{ .name = "authorization", .value = join(&bearer_buf, &.{ "Bearer ", token }) },
        .{ .name = "x-request-id", .value = written(&id_buf, std.mem.readInt(u64, &bytes, .little) >> 1) },
    };
    var scratch: [1024]u8 = undefined;
    const began = capabilities.clock.monotonicNs();
    const sent = http.send(.{ .url = join(&url_buf, &.{ base, "/", address }), .headers = &headers }, &scratch);
    const ns = capabilities.clock.monotonicNs() - began;
    capabilities.metrics.histogram("answer_ms", @as(f64, @floatFromInt(ns)) / 1e6);
    const status = sent catch |why| {
        const again = why == error.Unreachable;
        return failed(.{ .code = if (again) .unavailable else .internal, .message = http.message(&said), .retryable = again });
    };
    if (status < 200 or status > 299) {
        const seconds = if (http.header("retry-after", &said)) |wait| number(wait, 86_400) orelse 1 else 1;
        return failed(.{
            .code = .unavailable,
            .message = "the service gave no rating",
            .retryable = true,
            .status = status,
            .retry_after_ms = @intCast(seconds * 1000),
        });
    }
    const body = http.body(&said) orelse "";
    const rated = number(body, 100) orelse return failed(.{ .code = .unavailable, .message = "the service's answer is no rating" });
    const remember = cascata.config("remember_ms").integer() orelse remember_ms;
    kv.set(key, written(&id_buf, @intCast(rated)), @intCast(remember)) catch cascata.log(.warn, kv.message(&said));
    return .{ .rated = rated };
}

fn failed(failure: cascata.Failure) Asked {
    return .{ .failure = failure };
}

/// Texts one behind the other; what is too much is cut.
fn join(buf: []u8, parts: []const []const u8) []const u8 {
    var len: usize = 0;
    for (parts) |part| {
        const fits = @min(part.len, buf.len - len);
        @memcpy(buf[len..][0..fits], part[0..fits]);
        len += fits;
    }
    return buf[0..len];
}

/// Digits, with space around them, as a number from 0 to `most`.
fn number(digits: []const u8, most: i64) ?i64 {
    const trimmed = std.mem.trim(u8, digits, " \t\r\n");
    if (trimmed.len == 0) return null;
    var sum: i64 = 0;
    for (trimmed) |digit| {
        if (digit < '0' or digit > '9') return null;
        sum = sum * 10 + (digit - '0');
        if (sum > most) return null;
    }
    return sum;
}

fn written(buf: []u8, value: u64) []const u8 {
    var json = cascata.Json.in(buf);
    json.integer(@intCast(value));
    return buf[0..json.len];
}
