#include "cascata.h"

enum { AMOUNT };

CASCATA_MANIFEST(
    "name": "{{name}}", "version": "0.1.0",
    "fields": ["amount"],
    "results": ["pass", "review"],
    "stateless": true)

CASCATA_RUN {
    double amount, limit = 1000;
    if (!cascata_f64(cascata_get(AMOUNT), &amount)) return cascata_fail(CASCATA_INVALID_INPUT, "amount is not a number");
    cascata_f64(cascata_config("limit"), &limit);
    return cascata_result(amount > limit ? "review" : "pass", 0.9);
}
