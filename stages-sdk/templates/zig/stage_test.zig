const std = @import("std");
const testing = @import("cascata_test.zig");
const expectEqualStrings = std.testing.expectEqualStrings;

comptime {
    _ = @import("stage.zig");
}

test "large amounts are reviewed" {
    try expectEqualStrings("pass", testing.run("{\"amount\": 20}", "{}").result());
    try expectEqualStrings("review", testing.run("{\"amount\": 20}", "{\"limit\": 10}").result());
    try expectEqualStrings("amount is not a number", testing.run("{}", "{}").message());
}
