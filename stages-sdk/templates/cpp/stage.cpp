#include "cascata.hpp"

enum { AMOUNT };

CASCATA_MANIFEST(
    "name": "{{name}}", "version": "0.1.0",
    "fields": ["amount"],
    "results": ["pass", "review"],
    "stateless": true)

CASCATA_STAGE(event) {
    auto amount = event[AMOUNT].number();
    if (!amount) return cascata::failure(CASCATA_INVALID_INPUT, "amount is not a number");
    double limit = cascata::config("limit").number().value_or(1000);
    return cascata::outcome(*amount > limit ? "review" : "pass").confidence(0.9);
}
