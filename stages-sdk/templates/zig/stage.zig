const cascata = @import("cascata.zig");

const Field = enum { amount };

comptime {
    cascata.declare(.{
        .name = "{{name}}",
        .fields = &.{"amount"},
        .results = &.{ "pass", "review" },
        .run = run,
    });
}

fn run(event: cascata.Event) cascata.Answer {
    const amount = event.field(Field.amount).number() orelse return cascata.invalidInput("amount is not a number");
    const limit = cascata.config("limit").number() orelse 1000;
    return .{ .outcome = .{ .label = if (amount > limit) "review" else "pass", .confidence = 0.9 } };
}
