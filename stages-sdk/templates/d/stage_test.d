module stage_test;

import core.stdc.stdio : puts;
import core.stdc.string : strcmp;
import stage;

/// The beginning of `cascata_report` in `cascata_test.h`; there is more.
struct Report {
    bool ok;
    char[128] result;
}

extern (C) const(Report)* cascata_test(const char* event, const char* config);

extern (C) int main() {
    assert(strcmp(cascata_test(`{"amount": 20}`, `{}`).result.ptr, "pass") == 0);
    assert(strcmp(cascata_test(`{"amount": 20}`, `{"limit": 10}`).result.ptr, "review") == 0);
    assert(!cascata_test(`{}`, `{}`).ok);
    puts("passed");
    return 0;
}
