/// Fraud scoring, as examples/stages/README.md defines it for every language.
module stage;

import cascata;

@nogc nothrow:

enum { TRUSTED, AMOUNT, COUNTRY, VELOCITY, ITEMS }

mixin CascataStage!(`
    "name": "fraud", "version": "1.0.0",
    "fields": ["user.trusted", "amount", "geo.country", "velocity", "items"],
    "results": ["pass", "review", "block"],
    "config": {"type": "object", "properties": {"limit": {"type": "number"}, "countries": {"type": "array", "items": {"type": "string"}}}},
    "stateless": true`, score);

Answer score(Event event) {
    double amount, limit = 1000;
    long velocity, points;
    char[64] name = void;
    char[512] buffer = void;

    if (!event[AMOUNT].number(amount)) return failure(Code.invalidInput, "amount is not a number");
    if (event[VELOCITY].kind == Kind.null_)
        return failure(Code.unavailable, "velocity is not known yet").retryable().status(503).retryAfterMs(250);
    config("limit").number(limit);
    event[VELOCITY].integer(velocity);
    const country = event[COUNTRY].text(name[]);
    immutable cards = giftCards(event[ITEMS]);

    auto signs = Json(buffer[]);
    signs.open("{");
    signs.key("reasons");
    signs.open("[");
    void count(bool applies, long more, string reason) {
        if (!applies) return;
        points += more;
        signs.text(reason);
    }
    count(amount > limit, 40, "amount");
    count(country.ptr !is null && isListed(country), 30, "country");
    count(velocity >= 5, 20, "velocity");
    count(cards > 0, 10 * (cards < 3 ? cards : 3), "gift_cards");
    count(event[TRUSTED].isTrue, points / 2 - points, "trusted");
    if (points > 100) points = 100;
    signs.close("]");
    signs.key("points");
    signs.integer(points);
    signs.key("country");
    if (country.ptr !is null) signs.text(country);
    else signs.none();
    signs.close("}");

    data(signs);
    if (points >= 70) log(Level.warn, "blocked");
    set("risk.points", points);
    immutable sure = points > 50 ? points : 100 - points;
    return outcome(points >= 70 ? "block" : points >= 30 ? "review" : "pass").confidence(sure / 100.0);
}

bool isListed(const(char)[] country) {
    char[64] buffer = void;
    foreach (entry; config("countries")) {
        const listed = entry.text(buffer[]);
        if (listed.ptr !is null && same(listed, country)) return true;
    }
    return false;
}

long giftCards(Value items) {
    long cards;
    foreach (item; items) {
        long quantity = 1;
        if (!item.get("kind").isText("gift_card")) continue;
        item.get("quantity").integer(quantity);
        cards += quantity >= 1 && quantity <= 99 ? quantity : 1;
    }
    return cards;
}
