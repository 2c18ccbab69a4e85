/* cc -I../../../../stages-sdk/c -o test stage_test.c && ./test */
#undef NDEBUG
#include <assert.h>

#include "stage.c"
#include "cascata_test_capabilities.h"

static const char *config = "{\"url\": \"https://rate.example.com\", \"remember_ms\": 60000}";
static const char *line = "GET https://rate.example.com/10.1.2.3";

static const cascata_report *rate(void) { return cascata_test("{\"ip\": \"10.1.2.3\"}", config); }

static void a_rating_is_asked_for_once_and_remembered(void) {
    cascata_test_answer(line, 200, "82\n");
    const cascata_report *report = rate();
    assert(report->ok && strcmp(report->result, "bad") == 0 && report->confidence == 0.82);
    assert(strcmp(report->data, "{\"rating\":82,\"source\":\"service\",\"payments\":1}") == 0);
    assert(strstr(cascata_test_request(), "\"authorization\":\"Bearer t0ken\"") && strstr(cascata_test_request(), "\"x-request-id\":\""));
    assert(strcmp(cascata_test_kv_value("rating/10.1.2.3"), "82") == 0);
    assert(strncmp(cascata_test_metrics(), "counter asked 1\nhistogram answer_ms 0.001\n", 41) == 0);
    cascata_test_answer(line, 200, "1");
    assert(strcmp(rate()->data, "{\"rating\":82,\"source\":\"memory\",\"payments\":2}") == 0);
    assert(strstr(cascata_test_metrics(), "counter remembered 1\n") && cascata_test_kv_counter("payments/10.1.2.3") == 2);
    cascata_test_clock(61000);
    assert(strcmp(rate()->data, "{\"rating\":1,\"source\":\"service\",\"payments\":3}") == 0);
}

static void a_store_that_is_out_of_order_costs_only_the_memory(void) {
    cascata_test_kv_fails(CASCATA_KV_UNAVAILABLE);
    const cascata_report *report = rate();
    assert(strcmp(report->data, "{\"rating\":1,\"source\":\"service\",\"payments\":0}") == 0);
    assert(strcmp(report->log, "the test lets kv fail\n") == 0);
    cascata_test_kv_fails(0);
}

static void a_service_that_does_not_answer_fails_the_stage_and_says_how(void) {
    cascata_test_clock(10000000);
    cascata_test_answer(line, CASCATA_HTTP_UNREACHABLE, "refused");
    const cascata_report *report = rate();
    assert(!report->ok && report->code == CASCATA_UNAVAILABLE && report->retryable && strcmp(report->message, "refused") == 0);
    cascata_test_answer(line, CASCATA_HTTP_NOT_ALLOWED, "not listed");
    report = rate();
    assert(!report->ok && report->code == CASCATA_INTERNAL && !report->retryable);
    cascata_test_answer(line, 503, "");
    report = rate();
    assert(!report->ok && report->status == 503 && report->retryable && report->retry_after_ms == 1000);
    const char *wrong[] = {"", "x", "101", "-1"};
    for (int i = 0; i < 4; i++) {
        cascata_test_answer(line, 200, wrong[i]);
        report = rate();
        assert(!report->ok && strcmp(report->message, "the service's answer is no rating") == 0);
    }
}

int main(void) {
    cascata_test_secret("REPUTATION_TOKEN", "t0ken");
    a_rating_is_asked_for_once_and_remembered();
    a_store_that_is_out_of_order_costs_only_the_memory();
    a_service_that_does_not_answer_fails_the_stage_and_says_how();
    return 0;
}
