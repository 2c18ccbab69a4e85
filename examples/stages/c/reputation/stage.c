/* How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
 * examples/stages/README.md defines it. */
#include "cascata.h"
#include "cascata_capabilities.h"

enum { ADDRESS };
CASCATA_MANIFEST("name": "reputation", "version": "1.0.0", "fields": ["ip"], "results": ["good", "unclear", "bad"],
    "config": {"type": "object", "properties": {"url": {"type": "string"}, "remember_ms": {"type": "integer", "minimum": 1}}, "required": ["url"]},
    "capabilities": ["clock", "http", "kv", "metrics", "random", "secrets"], "stateless": true)

enum { HOUR_MS = 3600000, REMEMBER_MS = 600000, BUSY = 20, NO_RATING = -1 };

/* Two texts as one; false if they are too long. */
static bool join(char *out, uint32_t cap, const char *first, const char *second) {
    uint32_t a = cascata_text_size(first), b = cascata_text_size(second);
    if (a + b >= cap) return false;
    __builtin_memcpy(out, first, a);
    __builtin_memcpy(out + a, second, b);
    out[a + b] = 0;
    return true;
}

/* A text of the event or the configuration, with a zero byte behind it. */
static bool read(cascata_value value, char *out, uint32_t cap) {
    int32_t size = cascata_kind_of(value) == CASCATA_TEXT ? cascata_import_read(cascata_handle(value), out, cap - 1) : -1;
    if (size < 0 || (uint32_t)size >= cap) return false;
    out[size] = 0;
    return true;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Digits, with space around them, as a number from 0 to `most`. */
static int32_t number(const char *digits, int32_t size, int32_t most) {
    int32_t number = 0, at = 0;
    while (at < size && is_space(digits[at])) at++;
    while (size > at && is_space(digits[size - 1])) size--;
    if (at >= size) return NO_RATING;
    for (; at < size; at++) {
        if (digits[at] < '0' || digits[at] > '9') return NO_RATING;
        number = number * 10 + digits[at] - '0';
        if (number > most) return NO_RATING;
    }
    return number;
}

/* What is in a buffer of `cap` bytes, if all of it was copied. */
static int32_t rating(const char *digits, int32_t size, uint32_t cap) {
    return size < 0 || size > (int32_t)cap ? NO_RATING : number(digits, size, 100);
}

/* The same as a text with a zero byte behind it, empty if it did not fit. */
static const char *text(char *buf, int32_t size, uint32_t cap) {
    buf[size < 0 || size >= (int32_t)cap ? 0 : size] = 0;
    return buf;
}

/* Asks the service, and keeps what it says. 0, or what cascata_fail returns. */
static int32_t ask(const char *address, const char *key, int32_t *rated) {
    char url[512], base[256], slash[256], token[256] = "Bearer ", id[24], scratch[1024], said[256];
    if (!read(cascata_config("url"), base, sizeof base)) return cascata_fail(CASCATA_INVALID_CONFIG, "url is not a text");
    if (!join(slash, sizeof slash, base, "/") || !join(url, sizeof url, slash, address))
        return cascata_fail(CASCATA_INVALID_CONFIG, "url is too long");
    int32_t size = cascata_secret("REPUTATION_TOKEN", token + 7, sizeof token - 8);
    if (size < 0 || size > (int32_t)sizeof token - 8) return cascata_fail(CASCATA_INVALID_CONFIG, "the secret REPUTATION_TOKEN is not listed");
    token[7 + size] = 0;
    uint64_t request;
    cascata_random(&request, sizeof request);
    cascata_json digits = cascata_json_in(id, sizeof id - 1);
    cascata_json_i64(&digits, (int64_t)(request >> 1));
    id[digits.size] = 0;
    const cascata_header headers[] = {{"authorization", token}, {"x-request-id", id}};
    uint64_t began = cascata_monotonic_ns();
    int32_t status = cascata_http_send("GET", url, headers, 2, "", 0, scratch, sizeof scratch);
    cascata_histogram("answer_ms", (double)(cascata_monotonic_ns() - began) / 1e6);
    if (status < 0) {
        const char *why = text(said, cascata_http_error(said, sizeof said), sizeof said);
        return status == CASCATA_HTTP_UNREACHABLE ? cascata_fail_retryable(CASCATA_UNAVAILABLE, 0, -1, why) : cascata_fail(CASCATA_INTERNAL, why);
    }
    if (status < 200 || status > 299) {
        size = cascata_http_header("retry-after", said, sizeof said);
        int32_t seconds = size > (int32_t)sizeof said ? NO_RATING : number(said, size, 86400);
        int64_t wait = seconds == NO_RATING ? 1000 : (int64_t)seconds * 1000;
        return cascata_fail_retryable(CASCATA_UNAVAILABLE, status, wait, "the service gave no rating");
    }
    *rated = rating(said, cascata_http_body(said, sizeof said), sizeof said);
    if (*rated == NO_RATING) return cascata_fail(CASCATA_UNAVAILABLE, "the service's answer is no rating");
    int64_t remember = REMEMBER_MS;
    cascata_i64(cascata_config("remember_ms"), &remember);
    digits = cascata_json_in(id, sizeof id);
    cascata_json_i64(&digits, *rated);
    if (cascata_kv_set(key, id, digits.size, (uint64_t)remember) < 0)
        cascata_log(CASCATA_WARN, text(said, cascata_kv_error(said, sizeof said), sizeof said));
    return 0;
}

CASCATA_RUN {
    char address[48], counter[64], key[64], kept[8], data[128];
    if (!read(cascata_get(ADDRESS), address, sizeof address)) return cascata_fail(CASCATA_INVALID_INPUT, "ip is not a text");
    if (!join(counter, sizeof counter, "payments/", address) || !join(key, sizeof key, "rating/", address)) return cascata_fail(CASCATA_INTERNAL, "ip");
    int64_t payments = 0;
    if (cascata_kv_add(counter, 1, HOUR_MS, &payments) < 0) payments = 0;
    int32_t size = cascata_kv_get(key, kept, sizeof kept);
    int32_t rated = rating(kept, size, sizeof kept);
    bool remembered = rated != NO_RATING;
    cascata_counter(remembered ? "remembered" : "asked", 1);
    if (!remembered) {
        int32_t failed = ask(address, key, &rated);
        if (failed) return failed;
    }
    cascata_json json = cascata_json_in(data, sizeof data);
    cascata_json_open(&json, '{');
    cascata_json_key(&json, "rating");
    cascata_json_i64(&json, rated);
    cascata_json_key(&json, "source");
    cascata_json_text(&json, remembered ? "memory" : "service");
    cascata_json_key(&json, "payments");
    cascata_json_i64(&json, payments);
    cascata_json_close(&json, '}');
    cascata_data(&json);
    return cascata_result(rated >= 70 ? "bad" : rated >= 30 || payments > BUSY ? "unclear" : "good", (rated > 50 ? rated : 100 - rated) / 100.0);
}
