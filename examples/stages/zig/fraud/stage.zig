//! Fraud scoring, as examples/stages/README.md defines it for every language.
const std = @import("std");
const cascata = @import("cascata");

const Field = enum { trusted, amount, country, velocity, items };

comptime {
    cascata.declare(.{
        .name = "fraud",
        .version = "1.0.0",
        .fields = &.{ "user.trusted", "amount", "geo.country", "velocity", "items" },
        .results = &.{ "pass", "review", "block" },
        .config =
        \\{"type":"object","properties":{"limit":{"type":"number"},"countries":{"type":"array","items":{"type":"string"}}}}
        ,
        .run = run,
    });
}

fn isListed(country: []const u8) bool {
    var buf: [64]u8 = undefined;
    var countries = cascata.config("countries").items();
    while (countries.next()) |entry| {
        const listed = entry.text(&buf) orelse continue;
        if (std.mem.eql(u8, listed, country)) return true;
    }
    return false;
}

fn giftCards(items: cascata.Value) i64 {
    var cards: i64 = 0;
    var list = items.items();
    while (list.next()) |item| {
        if (!item.get("kind").is("gift_card")) continue;
        const quantity = item.get("quantity").integer() orelse 1;
        cards += if (quantity >= 1 and quantity <= 99) quantity else 1;
    }
    return cards;
}

var json_buffer: [512]u8 = undefined;
var data: cascata.Json = undefined;

fn run(event: cascata.Event) cascata.Answer {
    const amount = event.field(Field.amount).number() orelse return cascata.invalidInput("amount is not a number");
    if (event.field(Field.velocity).kind() == .null) return .{ .failure = .{
        .code = .unavailable,
        .message = "velocity is not known yet",
        .retryable = true,
        .status = 503,
        .retry_after_ms = 250,
    } };
    var country_buffer: [64]u8 = undefined;
    const country = event.field(Field.country).text(&country_buffer);
    const cards = giftCards(event.field(Field.items));
    var points: i64 = 0;

    data = cascata.Json.in(&json_buffer);
    data.open('{');
    data.key("reasons");
    data.open('[');
    if (amount > cascata.config("limit").number() orelse 1000) {
        points += 40;
        data.text("amount");
    }
    if (country != null and isListed(country.?)) {
        points += 30;
        data.text("country");
    }
    if ((event.field(Field.velocity).integer() orelse 0) >= 5) {
        points += 20;
        data.text("velocity");
    }
    if (cards > 0) {
        points += 10 * @min(cards, 3);
        data.text("gift_cards");
    }
    if (event.field(Field.trusted).isTrue()) {
        points = @divTrunc(points, 2);
        data.text("trusted");
    }
    points = @min(points, 100);
    data.close(']');
    data.key("points");
    data.integer(points);
    data.key("country");
    if (country) |text| data.text(text) else data.none();
    data.close('}');

    if (points >= 70) cascata.log(.warn, "blocked");
    cascata.setInteger("risk.points", points) catch return .{ .failure = .{ .code = .internal, .message = "risk.points can't be written" } };
    const sure: f64 = @floatFromInt(@max(points, 100 - points));
    return .{ .outcome = .{
        .label = if (points >= 70) "block" else if (points >= 30) "review" else "pass",
        .confidence = sure / 100,
        .data = &data,
    } };
}
