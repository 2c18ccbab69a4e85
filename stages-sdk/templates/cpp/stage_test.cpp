#undef NDEBUG
#include <cassert>
#include <string_view>

#include "stage.cpp"
#include "cascata_test.h"

using namespace std::literals;

int main() {
    assert(cascata_test(R"({"amount": 20})", "{}")->result == "pass"sv);
    assert(cascata_test(R"({"amount": 20})", R"({"limit": 10})")->result == "review"sv);
    assert(cascata_test("{}", "{}")->message == "amount is not a number"sv);
    puts("passed");
}
