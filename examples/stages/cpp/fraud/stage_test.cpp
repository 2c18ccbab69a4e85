// c++ -std=c++17 -I../../../../stages-sdk/c -I../../../../stages-sdk/cpp -o test stage_test.cpp && ./test
#undef NDEBUG
#include <cassert>
#include <cstdio>
#include <string_view>

#include "stage.cpp"
#include "cascata_test.h"

using namespace std::literals;

static const cascata_report &score(const char *event) {
    return *cascata_test(event, R"({"limit": 500, "countries": ["KP", "IR"]})");
}

static void small_payments_pass() {
    const auto &report = score(R"({"amount": 20, "geo": {"country": "CH"}})");
    assert(report.ok && report.result == "pass"sv && report.confidence == 1.0);
    assert(report.data == R"({"reasons":[],"points":0,"country":"CH"})"sv);
    assert(report.write_count == 1 && report.writes[0].path == "risk.points"sv && report.writes[0].json == "0"sv);
}

static void every_sign_adds_up() {
    const auto &report = score(R"({"amount": 900.5, "geo": {"country": "KP"}, "velocity": 7,
        "items": [{"kind": "gift_card", "quantity": 2}, {"kind": "book"}, {"kind": "gift_card"}]})");
    assert(report.ok && report.result == "block"sv && report.confidence == 1.0);
    assert(report.data == R"({"reasons":["amount","country","velocity","gift_cards"],"points":100,"country":"KP"})"sv);
    assert(report.log == "blocked\n"sv);
}

static void trust_halves() {
    const auto &report = score(R"({"amount": 900, "velocity": 5, "user": {"trusted": true}})");
    assert(report.ok && report.result == "review"sv && report.confidence == 0.7);
    assert(report.data == R"({"reasons":["amount","velocity","trusted"],"points":30,"country":null})"sv);
}

static void what_cannot_be_scored_fails() {
    const auto &wrong = score(R"({"amount": "much"})");
    assert(!wrong.ok && wrong.code == CASCATA_INVALID_INPUT && !wrong.retryable && wrong.message == "amount is not a number"sv);
    const auto &early = score(R"({"amount": 1, "velocity": null})");
    assert(!early.ok && early.code == CASCATA_UNAVAILABLE && early.retryable);
    assert(early.status == 503 && early.retry_after_ms == 250 && early.write_count == 0);
}

int main() {
    small_payments_pass();
    every_sign_adds_up();
    trust_halves();
    what_cannot_be_scored_fails();
    std::puts("fraud in C++: 4 tests passed");
}
