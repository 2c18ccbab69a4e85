module stage;

import cascata;

@nogc nothrow:

enum { AMOUNT }

mixin CascataStage!(`"name": "{{name}}", "version": "0.1.0", "fields": ["amount"], "results": ["pass", "review"], "stateless": true`, run);

Answer run(Event event) {
    double amount, limit = 1000;
    if (!event[AMOUNT].number(amount)) return failure(Code.invalidInput, "amount is not a number");
    config("limit").number(limit);
    return outcome(amount > limit ? "review" : "pass").confidence(0.9);
}
