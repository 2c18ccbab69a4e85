//! Write a Cascata stage in Zig: this file, no heap, no dependency.
//!
//!     const cascata = @import("cascata.zig");
//!
//!     const stage: cascata.Stage = .{
//!         .name = "amount-check",
//!         .fields = &.{"amount"},
//!         .results = &.{ "pass", "review" },
//!         .run = run,
//!     };
//!     comptime { cascata.declare(stage); }
//!
//!     fn run(event: cascata.Event) cascata.Answer {
//!         const amount = event.field(0).number() orelse return cascata.invalidInput("amount is not a number");
//!         return .{ .outcome = .{ .label = if (amount > 1000) "review" else "pass", .confidence = 0.9 } };
//!     }
//!
//!     zig build-exe stage.zig -target wasm32-freestanding -O ReleaseSmall -fno-entry -rdynamic --stack 16384 -fstrip -femit-bin=stage.wasm
//!
//! A value stands for a field of the event and is read lazily, into buffers that the caller gives; it is good for one call of the
//! stage. Tests run natively: the imports then are functions of `cascata_test.h` of the C SDK.
const std = @import("std");
const builtin = @import("builtin");

/// What a stage may do beyond answering, where its cascade allows it.
pub const capabilities = @import("capabilities.zig");

const is_guest = builtin.cpu.arch.isWasm();

/// What a stage says about itself, and what it does.
pub const Stage = struct {
    name: []const u8,
    version: []const u8 = "0.1.0",
    /// Paths that the stage reads; the n-th is `event.field(n)`.
    fields: []const []const u8 = &.{},
    /// Labels that it may answer; empty means any.
    results: []const []const u8 = &.{},
    /// JSON Schema of the `with:` block, as text; empty means any.
    config: []const u8 = "",
    capabilities: []const []const u8 = &.{},
    /// An instance keeps nothing between calls.
    stateless: bool = true,
    /// Once an instance, before the first event.
    init: ?fn () ?Failure = null,
    /// Once an event.
    run: fn (Event) Answer,
};

/// Makes the exports and the manifest of the module's stage. Once, in a `comptime` block.
pub fn declare(comptime stage: Stage) void {
    const json = comptime manifest(stage);
    if (is_guest) {
        const Section = struct {
            const is_made = true; // asked for below, so that the block is looked at
            comptime {
                asm (".section \".custom_section.cascata-manifest\",\"\",@\n.ascii " ++ quote(json) ++ "\n");
            }
        };
        if (!Section.is_made) unreachable;
    } else {
        const Native = struct {
            const terminated = json[0..json.len].* ++ [_]u8{0};
        };
        @export(&Native.terminated, .{ .name = "cascata_manifest_json" });
    }
    const Exports = struct {
        fn stage_run() callconv(.c) i32 {
            return give(stage.run(.{}));
        }
        fn stage_init() callconv(.c) i32 {
            if (stage.init) |init| if (init()) |failure| return give(.{ .failure = failure });
            return 0;
        }
    };
    @export(&Exports.stage_run, .{ .name = "stage_run" });
    @export(&Exports.stage_init, .{ .name = "stage_init" });
}

fn manifest(comptime stage: Stage) []const u8 {
    const schema = if (stage.config.len == 0) "" else ",\"config\":" ++ stage.config;
    return "{\"abi\":\"cascata_v1\",\"sdk\":\"zig 0.1.0\",\"name\":" ++ quote(stage.name) ++
        ",\"version\":" ++ quote(stage.version) ++ ",\"fields\":" ++ list(stage.fields) ++
        ",\"results\":" ++ list(stage.results) ++ schema ++ ",\"capabilities\":" ++ list(stage.capabilities) ++
        ",\"stateless\":" ++ (if (stage.stateless) "true" else "false") ++ "}";
}

fn quote(comptime text: []const u8) []const u8 {
    var out: []const u8 = "\"";
    for (text) |c| out = out ++ switch (c) {
        '"', '\\' => "\\" ++ [_]u8{c},
        0...0x1f => @compileError("a control character in the manifest"),
        else => [_]u8{c},
    };
    return out ++ "\"";
}

fn list(comptime texts: []const []const u8) []const u8 {
    var out: []const u8 = "[";
    for (texts, 0..) |text, n| out = out ++ (if (n == 0) "" else ",") ++ quote(text);
    return out ++ "]";
}

pub const Kind = enum { missing, null, bool, int, float, text, array, object, stale };

/// A field of the event or of the configuration.
pub const Value = struct {
    /// Bits 63..56 the kind, 55..32 a length, 31..0 a handle.
    tagged: i64,

    const none: Value = .{ .tagged = 0 };

    fn handle(self: Value) u32 {
        return @truncate(@as(u64, @bitCast(self.tagged)));
    }

    pub fn kind(self: Value) Kind {
        const tag = @as(u64, @bitCast(self.tagged)) >> 56;
        return if (tag < 8) @enumFromInt(tag) else .stale;
    }

    /// Missing or null, which conditions treat alike.
    pub fn isNil(self: Value) bool {
        return self.kind() == .missing or self.kind() == .null;
    }

    pub fn isTrue(self: Value) bool {
        return self.kind() == .bool and self.handle() != 0;
    }

    fn isNumber(self: Value) bool {
        return self.kind() == .int or self.kind() == .float;
    }

    /// A number as a double; null for anything else.
    pub fn number(self: Value) ?f64 {
        return if (self.isNumber()) host.as_f64(self.handle()) else null;
    }

    /// A number as an integer; null if it has a fraction, is beyond 64 bits, or is no number.
    pub fn integer(self: Value) ?i64 {
        var out: i64 = 0;
        return if (self.isNumber() and host.as_i64(self.handle(), &out) == 0) out else null;
    }

    /// A text, copied into `buf`; null for anything else and for texts longer than `buf`.
    pub fn text(self: Value, buf: []u8) ?[]const u8 {
        if (self.kind() != .text) return null;
        const size = host.read(self.handle(), buf.ptr, @intCast(buf.len));
        return if (size >= 0 and size <= buf.len) buf[0..@intCast(size)] else null;
    }

    /// Whether it is this text, of at most 256 bytes.
    pub fn is(self: Value, other: []const u8) bool {
        var buf: [256]u8 = undefined;
        return std.mem.eql(u8, self.text(&buf) orelse return false, other);
    }

    /// An entry of an object; missing in anything else.
    pub fn get(self: Value, key: []const u8) Value {
        if (self.kind() != .object) return none;
        return .{ .tagged = host.child(self.handle(), key.ptr, @intCast(key.len)) };
    }

    /// An element of an array, or the value of an object's entry, by position.
    pub fn at(self: Value, index: u32) Value {
        if (self.kind() != .array and self.kind() != .object) return none;
        return .{ .tagged = host.at(self.handle(), index) };
    }

    /// The key of an object's entry by position.
    pub fn keyAt(self: Value, index: u32) Value {
        if (self.kind() != .object) return none;
        return .{ .tagged = host.key_at(self.handle(), index) };
    }

    /// Elements of an array, entries of an object, bytes of a text; 0 for anything else.
    pub fn len(self: Value) u32 {
        return switch (self.kind()) {
            .text, .array, .object => @intCast(@max(host.len(self.handle()), 0)),
            else => 0,
        };
    }

    /// The elements of an array; nothing for any other kind.
    pub fn items(self: Value) Items {
        return .{ .node = self, .len = if (self.kind() == .array) self.len() else 0 };
    }
};

pub const Items = struct {
    node: Value,
    len: u32,
    index: u32 = 0,

    pub fn next(self: *Items) ?Value {
        if (self.index >= self.len) return null;
        self.index += 1;
        return self.node.at(self.index - 1);
    }
};

/// The event being routed.
pub const Event = struct {
    /// The manifest's n-th field.
    pub fn field(_: Event, slot: anytype) Value {
        const number: u32 = if (@typeInfo(@TypeOf(slot)) == .@"enum") @intFromEnum(slot) else slot;
        return .{ .tagged = host.get(number) };
    }

    /// Any path: "items[0].price", "stages.A.result".
    pub fn path(_: Event, text: []const u8) Value {
        const slot = host.slot(text.ptr, @intCast(text.len));
        return if (slot < 0) Value.none else .{ .tagged = host.get(@intCast(slot)) };
    }
};

/// A key of the stage's `with:` block; "" is the whole block.
pub fn config(key: []const u8) Value {
    return .{ .tagged = host.get_cfg(key.ptr, @intCast(key.len)) };
}

pub const Outcome = struct {
    label: []const u8,
    /// 0 to 1.
    confidence: ?f64 = null,
    /// A JSON object that later rules read as `stages.NAME.data`.
    data: ?*const Json = null,
};

pub const Code = enum(i32) { invalid_input, invalid_config, unavailable, internal };

pub const Failure = struct {
    code: Code,
    message: []const u8,
    /// Whether trying again may help.
    retryable: bool = false,
    /// Such as 503; 0 for none.
    status: i32 = 0,
    retry_after_ms: ?u63 = null,
};

pub const Answer = union(enum) { outcome: Outcome, failure: Failure };

pub fn invalidInput(message: []const u8) Answer {
    return .{ .failure = .{ .code = .invalid_input, .message = message } };
}

fn give(answer: Answer) i32 {
    switch (answer) {
        .outcome => |outcome| {
            if (outcome.data) |data| {
                if (data.overflow) return give(.{ .failure = .{ .code = .internal, .message = "the buffer for data is too short" } });
                host.set_data(&data.buf[0], @intCast(data.len));
            }
            host.set_result(outcome.label.ptr, @intCast(outcome.label.len), outcome.confidence orelse std.math.nan(f64));
            return 0;
        },
        .failure => |failure| {
            const wait: i64 = if (failure.retry_after_ms) |ms| ms else -1;
            const message = failure.message;
            host.fail(@intFromEnum(failure.code), failure.status, wait, @intFromBool(failure.retryable), message.ptr, @intCast(message.len));
            return 1;
        },
    }
}

/// JSON written into a buffer. A buffer too short sets `overflow`, and the text is refused where it is used.
pub const Json = struct {
    buf: []u8,
    len: usize = 0,
    comma: bool = false,
    overflow: bool = false,

    pub fn in(buf: []u8) Json {
        return .{ .buf = buf };
    }

    fn raw(self: *Json, bytes: []const u8) void {
        if (bytes.len > self.buf.len - self.len) {
            self.overflow = true;
            return;
        }
        @memcpy(self.buf[self.len..][0..bytes.len], bytes);
        self.len += bytes.len;
    }

    fn separate(self: *Json) void {
        if (self.comma) self.raw(",");
        self.comma = true;
    }

    /// `{` or `[`.
    pub fn open(self: *Json, bracket: u8) void {
        self.separate();
        self.raw(&.{bracket});
        self.comma = false;
    }

    /// `}` or `]`.
    pub fn close(self: *Json, bracket: u8) void {
        self.raw(&.{bracket});
        self.comma = true;
    }

    pub fn key(self: *Json, name: []const u8) void {
        self.text(name);
        self.raw(":");
        self.comma = false;
    }

    pub fn text(self: *Json, value: []const u8) void {
        const hex = "0123456789abcdef";
        self.separate();
        self.raw("\"");
        for (value) |c| switch (c) {
            '"', '\\' => self.raw(&.{ '\\', c }),
            '\n' => self.raw("\\n"),
            '\r' => self.raw("\\r"),
            '\t' => self.raw("\\t"),
            0...8, 11, 12, 14...0x1f => self.raw(&.{ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }),
            else => self.raw(&.{c}),
        };
        self.raw("\"");
    }

    pub fn boolean(self: *Json, value: bool) void {
        self.separate();
        self.raw(if (value) "true" else "false");
    }

    pub fn none(self: *Json) void {
        self.separate();
        self.raw("null");
    }

    pub fn integer(self: *Json, value: i64) void {
        var digits: [20]u8 = undefined; // the formatter of the library would be half of a small stage
        var start = digits.len;
        var rest = @abs(value);
        while (start == digits.len or rest != 0) : (rest /= 10) {
            start -= 1;
            digits[start] = '0' + @as(u8, @intCast(rest % 10));
        }
        self.separate();
        if (value < 0) self.raw("-");
        self.raw(digits[start..]);
    }
};

pub const WriteError = error{ NotWritable, NotJson };

/// A write to the event, done when the stage has succeeded.
pub fn set(path: []const u8, json: *const Json) WriteError!void {
    if (json.overflow) return error.NotJson;
    return switch (host.set(path.ptr, @intCast(path.len), &json.buf[0], @intCast(json.len))) {
        0 => {},
        1 => error.NotWritable,
        else => error.NotJson,
    };
}

pub fn setInteger(path: []const u8, value: i64) WriteError!void {
    var buf: [21]u8 = undefined;
    var json = Json.in(&buf);
    json.integer(value);
    return set(path, &json);
}

pub const Level = enum(i32) { trace, debug, info, warn, err };

/// A line of the stage's log.
pub fn log(level: Level, message: []const u8) void {
    host.log(@intFromEnum(level), message.ptr, @intCast(message.len));
}

/// Which attempt this is, from 1.
pub fn attempt() i64 {
    return host.meta(0);
}

/// Milliseconds left before the host ends the call.
pub fn remainingMs() i64 {
    return host.meta(1);
}

/// The imports of `cascata_v1`; natively, the functions of the test host.
const host = struct {
    const slot = import("slot", fn ([*]const u8, u32) callconv(.c) i32);
    const get = import("get", fn (u32) callconv(.c) i64);
    const get_cfg = import("get_cfg", fn ([*]const u8, u32) callconv(.c) i64);
    const child = import("child", fn (u32, [*]const u8, u32) callconv(.c) i64);
    const at = import("at", fn (u32, u32) callconv(.c) i64);
    const len = import("len", fn (u32) callconv(.c) i32);
    const key_at = import("key_at", fn (u32, u32) callconv(.c) i64);
    const read = import("read", fn (u32, [*]u8, u32) callconv(.c) i32);
    const as_f64 = import("as_f64", fn (u32) callconv(.c) f64);
    const as_i64 = import("as_i64", fn (u32, *i64) callconv(.c) i32);
    const log = import("log", fn (i32, [*]const u8, u32) callconv(.c) void);
    const set_result = import("set_result", fn ([*]const u8, u32, f64) callconv(.c) void);
    const set_data = import("set_data", fn (*const u8, u32) callconv(.c) void);
    const set = import("set", fn ([*]const u8, u32, *const u8, u32) callconv(.c) i32);
    const fail = import("fail", fn (i32, i32, i64, i32, [*]const u8, u32) callconv(.c) void);
    const meta = import("meta", fn (i32) callconv(.c) i64);
};

fn import(comptime name: []const u8, comptime Function: type) *const Function {
    return if (is_guest)
        @extern(*const Function, .{ .name = name, .library_name = "cascata_v1" })
    else
        @extern(*const Function, .{ .name = "cascata_import_" ++ name });
}
