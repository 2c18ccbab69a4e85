module stage_test;

import core.stdc.stdio : puts;
import cascata_testing;
import stage;

extern (C) int main() {
    assert(is_(cascata_test(`{"amount": 20}`, `{}`).result, "pass"));
    assert(is_(cascata_test(`{"amount": 20}`, `{"limit": 10}`).result, "review"));
    assert(!cascata_test(`{}`, `{}`).ok);
    puts("passed");
    return 0;
}
