/* Fraud scoring, as examples/stages/README.md defines it for every language. */
#include "cascata.h"

enum { TRUSTED, AMOUNT, COUNTRY, VELOCITY, ITEMS };

CASCATA_MANIFEST(
    "name": "fraud", "version": "1.0.0",
    "fields": ["user.trusted", "amount", "geo.country", "velocity", "items"],
    "results": ["pass", "review", "block"],
    "config": {"type": "object", "properties": {"limit": {"type": "number"}, "countries": {"type": "array", "items": {"type": "string"}}}},
    "stateless": true)

static bool listed(cascata_value list, const char *text, uint32_t size) {
    char buf[64];
    uint32_t entry_size;
    for (uint32_t i = 0; i < cascata_len(list); i++)
        if (cascata_text(cascata_at(list, i), buf, sizeof buf, &entry_size) && cascata_same(buf, entry_size, text, size)) return true;
    return false;
}

static int64_t gift_cards(cascata_value items) {
    int64_t cards = 0;
    if (cascata_kind_of(items) != CASCATA_ARRAY) return 0;
    for (uint32_t i = 0; i < cascata_len(items); i++) {
        cascata_value item = cascata_at(items, i);
        int64_t quantity;
        if (!cascata_is_text(cascata_child(item, "kind"), "gift_card")) continue;
        cards += cascata_i64(cascata_child(item, "quantity"), &quantity) && quantity >= 1 && quantity <= 99 ? quantity : 1;
    }
    return cards;
}

CASCATA_RUN {
    double amount, limit = 1000;
    int64_t velocity = 0, points = 0;
    char buf[512], country[64];
    uint32_t country_size = 0;

    if (!cascata_f64(cascata_get(AMOUNT), &amount)) return cascata_fail(CASCATA_INVALID_INPUT, "amount is not a number");
    if (cascata_kind_of(cascata_get(VELOCITY)) == CASCATA_NULL)
        return cascata_fail_retryable(CASCATA_UNAVAILABLE, 503, 250, "velocity is not known yet");
    cascata_f64(cascata_config("limit"), &limit);
    cascata_i64(cascata_get(VELOCITY), &velocity);
    bool has_country = cascata_text(cascata_get(COUNTRY), country, sizeof country, &country_size);
    int64_t cards = gift_cards(cascata_get(ITEMS));

    cascata_json data = cascata_json_in(buf, sizeof buf);
    cascata_json_open(&data, '{');
    cascata_json_key(&data, "reasons");
    cascata_json_open(&data, '[');
    if (amount > limit) points += 40, cascata_json_text(&data, "amount");
    if (has_country && listed(cascata_config("countries"), country, country_size)) points += 30, cascata_json_text(&data, "country");
    if (velocity >= 5) points += 20, cascata_json_text(&data, "velocity");
    if (cards > 0) points += 10 * (cards < 3 ? cards : 3), cascata_json_text(&data, "gift_cards");
    if (cascata_is_true(cascata_get(TRUSTED))) points /= 2, cascata_json_text(&data, "trusted");
    if (points > 100) points = 100;
    cascata_json_close(&data, ']');
    cascata_json_key(&data, "points");
    cascata_json_i64(&data, points);
    cascata_json_key(&data, "country");
    if (has_country) cascata_json_text_n(&data, country, country_size);
    else cascata_json_null(&data);
    cascata_json_close(&data, '}');
    cascata_data(&data);

    const char *result = points >= 70 ? "block" : points >= 30 ? "review" : "pass";
    if (points >= 70) cascata_log(CASCATA_WARN, "blocked");
    cascata_set_i64("risk.points", points);
    return cascata_result(result, (double)(points > 50 ? points : 100 - points) / 100);
}
