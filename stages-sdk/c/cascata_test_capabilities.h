/* The capabilities under native tests, in C, C++, Zig and D: a memory for kv, services that say what they are told to, and so on.
 * Include it after cascata_test.h in one file of the test. What is given stays for every later call of cascata_test.
 *
 *   cascata_test_clock(1000);
 *   cascata_test_answer("GET https://api.example.com/score", 200, "82");
 *   const cascata_report *report = cascata_test("{\"ip\": \"10.1.2.3\"}", "{}");
 *   assert(cascata_test_kv_counter("payments") == 1 && strstr(cascata_test_metrics(), "counter asked 1\n"));
 *
 * Bounds, of the test: 64 values and counters together, 16 answers, 16 secrets. Going beyond ends the test with a message. */
#ifndef CASCATA_TEST_CAPABILITIES_H
#define CASCATA_TEST_CAPABILITIES_H

#include "cascata_capabilities.h"
#include "cascata_test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the clock stands, in milliseconds; kv's lifetimes go by it. Default 0. */
void cascata_test_clock(uint64_t now_ms);
/* What a service answers to a request of this method and URL; a status below 0 is why it doesn't (CASCATA_HTTP_UNREACHABLE), with the body
 * as its message. Given again, it takes the place of the one before. Any other request is not allowed. */
void cascata_test_answer(const char *line, int32_t status, const char *body);
void cascata_test_secret(const char *name, const char *value);
/* CASCATA_KV_UNAVAILABLE for instance makes every operation fail from now on, 0 ends it. */
void cascata_test_kv_fails(int32_t code);
/* The value under a key, "" if there is none; the sum of a counter. */
const char *cascata_test_kv_value(const char *key);
int64_t cascata_test_kv_counter(const char *key);
/* Figures so far, a line each: `counter asked 1`. */
const char *cascata_test_metrics(void);
/* The head of the last request, JSON, and its body; "" if there was none. */
const char *cascata_test_request(void);
const char *cascata_test_request_body(void);

#ifdef __cplusplus
}
#endif

#ifndef CASCATA_TEST_DECLARATIONS_ONLY

typedef struct { char key[128], value[512]; uint32_t size; uint64_t until; bool is_counter; int64_t sum; } cascata_kept;

static struct {
    uint64_t now_ms, steps;
    cascata_kept kept[64];
    struct { char line[256], body[1024]; int32_t status; } answers[16];
    struct { char name[128], value[512]; } secrets[16];
    int kept_count, answer_count, secret_count, fails, answered;
    const cascata_kept *found;
    const char *http_error;
    char metrics[4096], request[2048], body[2048];
} cascata_given;

static int32_t cascata_hand_over(const char *from, size_t size, char *dst, uint32_t cap) {
    if (size <= cap) memcpy(dst, from, size);
    return (int32_t)size;
}
static bool cascata_named(const char *known, const char *name, uint32_t len) {
    return strlen(known) == len && memcmp(known, name, len) == 0;
}
static cascata_kept *cascata_kept_find(const char *key, uint32_t len, bool is_counter) {
    for (int i = 0; i < cascata_given.kept_count; i++) {
        cascata_kept *kept = &cascata_given.kept[i];
        if (kept->is_counter == is_counter && cascata_named(kept->key, key, len)) return kept->until > cascata_given.now_ms ? kept : NULL;
    }
    return NULL;
}
/* The place of a key; a new one has a lifetime. */
static cascata_kept *cascata_kept_place(const char *key, uint32_t len, bool is_counter, uint64_t ttl_ms) {
    cascata_kept *kept = cascata_kept_find(key, len, is_counter);
    if (kept) return kept;
    for (int i = 0; i < cascata_given.kept_count && !kept; i++)
        if (cascata_given.kept[i].until <= cascata_given.now_ms) kept = &cascata_given.kept[i];
    if (!kept) {
        if (cascata_given.kept_count >= 64) cascata_test_end("more than 64 values and counters", key);
        kept = &cascata_given.kept[cascata_given.kept_count++];
    }
    memset(kept, 0, sizeof *kept);
    cascata_copy(kept->key, sizeof kept->key, key, len);
    kept->is_counter = is_counter;
    kept->until = ttl_ms ? cascata_given.now_ms + ttl_ms : UINT64_MAX;
    return kept;
}

void cascata_test_clock(uint64_t now_ms) { cascata_given.now_ms = now_ms; }
void cascata_test_answer(const char *line, int32_t status, const char *body) {
    int at = 0;
    while (at < cascata_given.answer_count && strcmp(cascata_given.answers[at].line, line) != 0) at++;
    if (at >= 16) cascata_test_end("more than 16 answers", line);
    if (at == cascata_given.answer_count) cascata_given.answer_count++;
    cascata_copy(cascata_given.answers[at].line, sizeof cascata_given.answers[at].line, line, (uint32_t)strlen(line));
    cascata_copy(cascata_given.answers[at].body, sizeof cascata_given.answers[at].body, body, (uint32_t)strlen(body));
    cascata_given.answers[at].status = status;
}
void cascata_test_secret(const char *name, const char *value) {
    if (cascata_given.secret_count >= 16) cascata_test_end("more than 16 secrets", name);
    cascata_copy(cascata_given.secrets[cascata_given.secret_count].name, 128, name, (uint32_t)strlen(name));
    cascata_copy(cascata_given.secrets[cascata_given.secret_count++].value, 512, value, (uint32_t)strlen(value));
}
void cascata_test_kv_fails(int32_t code) { cascata_given.fails = code; }
const char *cascata_test_kv_value(const char *key) {
    const cascata_kept *kept = cascata_kept_find(key, (uint32_t)strlen(key), false);
    return kept ? kept->value : "";
}
int64_t cascata_test_kv_counter(const char *key) {
    const cascata_kept *kept = cascata_kept_find(key, (uint32_t)strlen(key), true);
    return kept ? kept->sum : 0;
}
const char *cascata_test_metrics(void) { return cascata_given.metrics; }
const char *cascata_test_request(void) { return cascata_given.request; }
const char *cascata_test_request_body(void) { return cascata_given.body; }

int64_t cascata_import_clock_now_ms(void) { return (int64_t)cascata_given.now_ms; }
/* A microsecond for each look at it. */
int64_t cascata_import_clock_monotonic_ns(void) { return (int64_t)(cascata_given.now_ms * 1000000 + ++cascata_given.steps * 1000); }
void cascata_import_random_fill(void *dst, uint32_t len) {
    for (uint32_t i = 0; i < len; i++) ((unsigned char *)dst)[i] = (unsigned char)(++cascata_given.steps * 0x9E3779B97F4A7C15u >> 56);
}
int32_t cascata_import_kv_get(const char *key, uint32_t key_len, char *dst, uint32_t cap) {
    cascata_given.found = NULL;
    if (key_len == 0) return CASCATA_KV_INVALID;
    if (cascata_given.fails) return cascata_given.fails;
    cascata_given.found = cascata_kept_find(key, key_len, false);
    return cascata_import_kv_value(dst, cap);
}
int32_t cascata_import_kv_value(char *dst, uint32_t cap) {
    if (!cascata_given.found) return CASCATA_KV_NONE;
    return cascata_hand_over(cascata_given.found->value, cascata_given.found->size, dst, cap);
}
int32_t cascata_import_kv_set(const char *key, uint32_t key_len, const char *value, uint32_t len, uint64_t ttl_ms) {
    if (key_len == 0) return CASCATA_KV_INVALID;
    if (cascata_given.fails) return cascata_given.fails;
    cascata_kept *kept = cascata_kept_place(key, key_len, false, ttl_ms);
    kept->until = ttl_ms ? cascata_given.now_ms + ttl_ms : UINT64_MAX;
    kept->size = len;
    cascata_copy(kept->value, sizeof kept->value, value, len);
    return 0;
}
int32_t cascata_import_kv_delete(const char *key, uint32_t key_len) {
    if (key_len == 0) return CASCATA_KV_INVALID;
    if (cascata_given.fails) return cascata_given.fails;
    cascata_kept *kept = cascata_kept_find(key, key_len, false);
    if (kept) kept->until = 0;
    return kept != NULL;
}
int32_t cascata_import_kv_add(const char *key, uint32_t key_len, int64_t by, uint64_t ttl_ms, int64_t *out) {
    if (key_len == 0) return CASCATA_KV_INVALID;
    if (cascata_given.fails) return cascata_given.fails;
    cascata_kept *kept = cascata_kept_place(key, key_len, true, ttl_ms);
    kept->sum = kept->sum + by < 0 ? 0 : kept->sum + by;
    *out = kept->sum;
    return 0;
}
int32_t cascata_import_kv_error(char *dst, uint32_t cap) {
    return cascata_hand_over("the test lets kv fail", 21, dst, cap);
}
int32_t cascata_import_secrets_get(const char *name, uint32_t name_len, char *dst, uint32_t cap) {
    for (int i = 0; i < cascata_given.secret_count; i++)
        if (cascata_named(cascata_given.secrets[i].name, name, name_len))
            return cascata_hand_over(cascata_given.secrets[i].value, strlen(cascata_given.secrets[i].value), dst, cap);
    return -1;
}
static void cascata_measured(const char *kind, const char *name, uint32_t len, double value) {
    size_t used = strlen(cascata_given.metrics);
    snprintf(cascata_given.metrics + used, sizeof cascata_given.metrics - used, "%s %.*s %g\n", kind, (int)len, name, value);
}
void cascata_import_metrics_counter(const char *name, uint32_t len, double by) { cascata_measured("counter", name, len, by); }
void cascata_import_metrics_gauge(const char *name, uint32_t len, double value) { cascata_measured("gauge", name, len, value); }
void cascata_import_metrics_histogram(const char *name, uint32_t len, double value) { cascata_measured("histogram", name, len, value); }

int32_t cascata_import_http_send(const char *head, uint32_t head_len, const char *body, uint32_t body_len) {
    char line[512];
    cascata_given.answered = -1;
    cascata_copy(cascata_given.request, sizeof cascata_given.request, head, head_len);
    cascata_copy(cascata_given.body, sizeof cascata_given.body, body, body_len);
    int node = cascata_root(cascata_given.request);
    int method = cascata_member(node, "method", 6), url = cascata_member(node, "url", 3);
    snprintf(line, sizeof line, "%s %s", cascata_host.nodes[method].text, cascata_host.nodes[url].text);
    for (int i = 0; i < cascata_given.answer_count; i++) {
        if (strcmp(cascata_given.answers[i].line, line) != 0) continue;
        cascata_given.http_error = cascata_given.answers[i].body;
        if (cascata_given.answers[i].status >= 0) cascata_given.answered = i;
        return cascata_given.answers[i].status;
    }
    cascata_given.http_error = "no answer was given for this request";
    return CASCATA_HTTP_NOT_ALLOWED;
}
int32_t cascata_import_http_body(char *dst, uint32_t cap) {
    if (cascata_given.answered < 0) return -1;
    const char *body = cascata_given.answers[cascata_given.answered].body;
    return cascata_hand_over(body, strlen(body), dst, cap);
}
/* Answers of tests have no headers. */
int32_t cascata_import_http_header(const char *name, uint32_t name_len, char *dst, uint32_t cap) {
    (void)name, (void)name_len, (void)dst, (void)cap;
    return -1;
}
int32_t cascata_import_http_error(char *dst, uint32_t cap) {
    return cascata_hand_over(cascata_given.http_error, strlen(cascata_given.http_error), dst, cap);
}

#endif
#endif
