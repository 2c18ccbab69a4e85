/* cc -I../../../../stages-sdk/c -o test stage_test.c && ./test */
#undef NDEBUG
#include <assert.h>

#include "stage.c"
#include "cascata_test.h"

static const char *config = "{\"limit\": 500, \"countries\": [\"KP\", \"IR\"]}";

static void small_payments_pass(void) {
    const cascata_report *report = cascata_test("{\"amount\": 20, \"geo\": {\"country\": \"CH\"}}", config);
    assert(report->ok && strcmp(report->result, "pass") == 0 && report->confidence == 1.0);
    assert(strcmp(report->data, "{\"reasons\":[],\"points\":0,\"country\":\"CH\"}") == 0);
    assert(report->write_count == 1 && strcmp(report->writes[0].path, "risk.points") == 0);
}

static void every_sign_adds_up(void) {
    const cascata_report *report = cascata_test(
        "{\"amount\": 900.5, \"geo\": {\"country\": \"KP\"}, \"velocity\": 7,"
        " \"items\": [{\"kind\": \"gift_card\", \"quantity\": 2}, {\"kind\": \"book\"}, {\"kind\": \"gift_card\"}]}", config);
    assert(report->ok && strcmp(report->result, "block") == 0 && report->confidence == 1.0);
    assert(strcmp(report->data, "{\"reasons\":[\"amount\",\"country\",\"velocity\",\"gift_cards\"],\"points\":100,\"country\":\"KP\"}") == 0);
    assert(strcmp(report->log, "blocked\n") == 0);
}

static void trust_halves(void) {
    const cascata_report *report = cascata_test("{\"amount\": 900, \"velocity\": 5, \"user\": {\"trusted\": true}}", config);
    assert(report->ok && strcmp(report->result, "review") == 0 && report->confidence == 0.7);
    assert(strcmp(report->data, "{\"reasons\":[\"amount\",\"velocity\",\"trusted\"],\"points\":30,\"country\":null}") == 0);
}

static void what_cannot_be_scored_fails(void) {
    const cascata_report *report = cascata_test("{\"amount\": \"much\"}", config);
    assert(!report->ok && report->code == CASCATA_INVALID_INPUT && !report->retryable);
    assert(strcmp(report->message, "amount is not a number") == 0);
    report = cascata_test("{\"amount\": 1, \"velocity\": null}", config);
    assert(!report->ok && report->code == CASCATA_UNAVAILABLE && report->retryable && report->status == 503);
    assert(report->retry_after_ms == 250 && report->write_count == 0);
}

int main(void) {
    small_payments_pass();
    every_sign_adds_up();
    trust_halves();
    what_cannot_be_scored_fails();
    puts("fraud in C: 4 tests passed");
    return 0;
}
