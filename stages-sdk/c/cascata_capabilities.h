/* What a stage may have beyond its event, in C: include this after cascata.h, and let the cascade allow what is called.
 *
 *   handler: {kind: wasm, module: stage.wasm, allow: [kv, metrics]}
 *
 * Nothing of a capability is in a module that calls none of its functions. Answers below 0 say why there is none; the functions
 * whose names end in `error` say it for people. Keys, names and URLs end with a zero byte; buffers are the caller's. */
#ifndef CASCATA_CAPABILITIES_H
#define CASCATA_CAPABILITIES_H

#include "cascata.h"

#ifdef __wasm__
#define CASCATA_IMPORT_OF(module, name) __attribute__((import_module(module), import_name(name))) CASCATA_C
#else
#define CASCATA_IMPORT_OF(module, name) CASCATA_C
#endif

CASCATA_IMPORT_OF("cascata_clock_v1", "now_ms") int64_t cascata_import_clock_now_ms(void);
CASCATA_IMPORT_OF("cascata_clock_v1", "monotonic_ns") int64_t cascata_import_clock_monotonic_ns(void);
CASCATA_IMPORT_OF("cascata_random_v1", "fill") void cascata_import_random_fill(void *dst, uint32_t len);
CASCATA_IMPORT_OF("cascata_kv_v1", "get") int32_t cascata_import_kv_get(const char *key, uint32_t key_len, char *dst, uint32_t cap);
CASCATA_IMPORT_OF("cascata_kv_v1", "value") int32_t cascata_import_kv_value(char *dst, uint32_t cap);
CASCATA_IMPORT_OF("cascata_kv_v1", "set")
int32_t cascata_import_kv_set(const char *key, uint32_t key_len, const char *value, uint32_t len, uint64_t ttl_ms);
CASCATA_IMPORT_OF("cascata_kv_v1", "delete") int32_t cascata_import_kv_delete(const char *key, uint32_t key_len);
CASCATA_IMPORT_OF("cascata_kv_v1", "add")
int32_t cascata_import_kv_add(const char *key, uint32_t key_len, int64_t by, uint64_t ttl_ms, int64_t *out);
CASCATA_IMPORT_OF("cascata_kv_v1", "error") int32_t cascata_import_kv_error(char *dst, uint32_t cap);
CASCATA_IMPORT_OF("cascata_secrets_v1", "get")
int32_t cascata_import_secrets_get(const char *name, uint32_t name_len, char *dst, uint32_t cap);
CASCATA_IMPORT_OF("cascata_metrics_v1", "counter") void cascata_import_metrics_counter(const char *name, uint32_t len, double by);
CASCATA_IMPORT_OF("cascata_metrics_v1", "gauge") void cascata_import_metrics_gauge(const char *name, uint32_t len, double value);
CASCATA_IMPORT_OF("cascata_metrics_v1", "histogram") void cascata_import_metrics_histogram(const char *name, uint32_t len, double value);
CASCATA_IMPORT_OF("cascata_http_v1", "send")
int32_t cascata_import_http_send(const char *head, uint32_t head_len, const char *body, uint32_t body_len);
CASCATA_IMPORT_OF("cascata_http_v1", "body") int32_t cascata_import_http_body(char *dst, uint32_t cap);
CASCATA_IMPORT_OF("cascata_http_v1", "header")
int32_t cascata_import_http_header(const char *name, uint32_t name_len, char *dst, uint32_t cap);
CASCATA_IMPORT_OF("cascata_http_v1", "error") int32_t cascata_import_http_error(char *dst, uint32_t cap);

/* ---- clock and random; under `determinism: strict` the clocks stand at 0 and the bytes are the same in every call ---- */

/* Milliseconds since 1970. */
static inline uint64_t cascata_now_ms(void) { return (uint64_t)cascata_import_clock_now_ms(); }
/* Nanoseconds on a clock that only goes on. */
static inline uint64_t cascata_monotonic_ns(void) { return (uint64_t)cascata_import_clock_monotonic_ns(); }
/* Random bytes of the system. */
static inline void cascata_random(void *dst, uint32_t size) { cascata_import_random_fill(dst, size); }

/* ---- kv: values and counters under keys of the stage's namespace; what is kept is kept at once ---- */

enum {
    CASCATA_KV_NONE = -1,        /* there is no value */
    CASCATA_KV_INVALID = -2,     /* a key or lifetime that can't be */
    CASCATA_KV_TOO_LARGE = -3,   /* a value beyond `kv.value_bytes` */
    CASCATA_KV_TOO_MANY = -4,    /* more operations than `kv.operations`, or more counters than there is room for */
    CASCATA_KV_UNAVAILABLE = -5, /* the store is out of order */
};

/* The value under a key: its length, copied if `cap` is enough; else what is above. */
static inline int32_t cascata_kv_get(const char *key, char *dst, uint32_t cap) {
    return cascata_import_kv_get(key, cascata_text_size(key), dst, cap);
}
/* What the last cascata_kv_get found, in the same way, without asking again: for a buffer that was too short. */
static inline int32_t cascata_kv_value(char *dst, uint32_t cap) { return cascata_import_kv_value(dst, cap); }
/* Puts a value under a key, for ever if `ttl_ms` is 0; 0, or what is above. */
static inline int32_t cascata_kv_set(const char *key, const char *value, uint32_t size, uint64_t ttl_ms) {
    return cascata_import_kv_set(key, cascata_text_size(key), value, size, ttl_ms);
}
/* Removes the value under a key: 1, 0 if there was none, or what is above. */
static inline int32_t cascata_kv_delete(const char *key) { return cascata_import_kv_delete(key, cascata_text_size(key)); }
/* Adds to a counter, which is gone `ttl_ms` after its first use; 0 and the sum, never below 0, or what is above. Counters have keys of
 * their own. */
static inline int32_t cascata_kv_add(const char *key, int64_t by, uint64_t ttl_ms, int64_t *sum) {
    return cascata_import_kv_add(key, cascata_text_size(key), by, ttl_ms, sum);
}
/* Why there was no answer: its length, copied if `cap` is enough. */
static inline int32_t cascata_kv_error(char *dst, uint32_t cap) { return cascata_import_kv_error(dst, cap); }

/* ---- secrets and metrics ---- */

/* A secret that `handler.secrets` lists: its length, copied if `cap` is enough; -1 for any other. */
static inline int32_t cascata_secret(const char *name, char *dst, uint32_t cap) {
    return cascata_import_secrets_get(name, cascata_text_size(name), dst, cap);
}
/* Names are a letter of a to z, then these, digits and _, at most 64 bytes; what can't be taken is dropped and counted by the host. */
static inline void cascata_counter(const char *name, double by) { cascata_import_metrics_counter(name, cascata_text_size(name), by); }
static inline void cascata_gauge(const char *name, double value) { cascata_import_metrics_gauge(name, cascata_text_size(name), value); }
static inline void cascata_histogram(const char *name, double value) {
    cascata_import_metrics_histogram(name, cascata_text_size(name), value);
}

/* ---- http: requests to what `handler.http` lists ---- */

enum {
    CASCATA_HTTP_BAD_REQUEST = -1, /* it can't be sent as it is */
    CASCATA_HTTP_NOT_ALLOWED = -2, /* not listed */
    CASCATA_HTTP_UNREACHABLE = -3, /* no connection, or one that broke */
    CASCATA_HTTP_TOO_LARGE = -4,
    CASCATA_HTTP_TOO_MANY = -5,
};

typedef struct { const char *name, *value; } cascata_header;

/* Sends a request and waits: the status, or what is above. The head of the request is written into `scratch`, of `cap` bytes; one
 * that is too short is a bad request. `body` is not sent with GET and HEAD. */
static inline int32_t cascata_http_send(const char *method, const char *url, const cascata_header *headers, uint32_t count,
                                        const char *body, uint32_t size, char *scratch, uint32_t cap) {
    cascata_json head = cascata_json_in(scratch, cap);
    cascata_json_open(&head, '{');
    cascata_json_key(&head, "method");
    cascata_json_text(&head, method);
    cascata_json_key(&head, "url");
    cascata_json_text(&head, url);
    cascata_json_key(&head, "headers");
    cascata_json_open(&head, '{');
    for (uint32_t i = 0; i < count; i++) {
        cascata_json_key(&head, headers[i].name);
        cascata_json_text(&head, headers[i].value);
    }
    cascata_json_close(&head, '}');
    cascata_json_close(&head, '}');
    if (head.overflow) return CASCATA_HTTP_BAD_REQUEST;
    return cascata_import_http_send(head.buf, head.size, body, size);
}
/* The body of the last answer: its length, copied if `cap` is enough; -1 there was no answer. */
static inline int32_t cascata_http_body(char *dst, uint32_t cap) { return cascata_import_http_body(dst, cap); }
/* A header of the last answer, in the same way; -1 there is none. */
static inline int32_t cascata_http_header(const char *name, char *dst, uint32_t cap) {
    return cascata_import_http_header(name, cascata_text_size(name), dst, cap);
}
/* Why there was no answer: its length, copied if `cap` is enough. */
static inline int32_t cascata_http_error(char *dst, uint32_t cap) { return cascata_import_http_error(dst, cap); }

#endif
