// Fraud scoring, as examples/stages/README.md defines it for every language.
#include "cascata.hpp"

enum { TRUSTED, AMOUNT, COUNTRY, VELOCITY, ITEMS };

CASCATA_MANIFEST(
    "name": "fraud", "version": "1.0.0",
    "fields": ["user.trusted", "amount", "geo.country", "velocity", "items"],
    "results": ["pass", "review", "block"],
    "config": {"type": "object", "properties": {"limit": {"type": "number"}, "countries": {"type": "array", "items": {"type": "string"}}}},
    "stateless": true)

using country_code = cascata::text<64>;

static bool is_listed(const cascata::maybe<country_code> &country) {
    if (!country) return false;
    for (auto entry : cascata::config("countries")) {
        auto listed = entry.string<64>();
        if (listed && *listed == *country) return true;
    }
    return false;
}

static int64_t gift_cards(cascata::value items) {
    int64_t cards = 0;
    for (auto item : items) {
        if (!item["kind"].is("gift_card")) continue;
        int64_t quantity = item["quantity"].integer().value_or(1);
        cards += quantity >= 1 && quantity <= 99 ? quantity : 1;
    }
    return cards;
}

CASCATA_STAGE(event) {
    auto amount = event[AMOUNT].number();
    if (!amount) return cascata::failure(CASCATA_INVALID_INPUT, "amount is not a number");
    if (event[VELOCITY].kind() == CASCATA_NULL)
        return cascata::failure(CASCATA_UNAVAILABLE, "velocity is not known yet").retryable().status(503).retry_after_ms(250);
    auto country = event[COUNTRY].string<64>();
    int64_t cards = gift_cards(event[ITEMS]);
    int64_t points = 0;

    cascata::json<512> data;
    data.open('{').key("reasons").open('[');
    auto count = [&](bool applies, int64_t more, const char *reason) {
        if (applies) points += more, data.put(reason);
    };
    count(*amount > cascata::config("limit").number().value_or(1000), 40, "amount");
    count(is_listed(country), 30, "country");
    count(event[VELOCITY].integer().value_or(0) >= 5, 20, "velocity");
    count(cards > 0, 10 * (cards < 3 ? cards : 3), "gift_cards");
    count(event[TRUSTED].is_true(), -(points - points / 2), "trusted");
    if (points > 100) points = 100;
    data.close(']').key("points").put(points).key("country").put(country).close('}');

    if (points >= 70) cascata::log(CASCATA_WARN, "blocked");
    cascata::set("risk.points", points);
    return cascata::outcome(points >= 70 ? "block" : points >= 30 ? "review" : "pass")
        .confidence(static_cast<double>(points > 50 ? points : 100 - points) / 100)
        .data(data);
}
