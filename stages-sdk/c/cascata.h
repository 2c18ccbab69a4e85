/* Write a Cascata stage in C: this header, a compiler for wasm32, nothing else. C99 and up, no libc, no heap.
 *
 *   #include "cascata.h"
 *
 *   enum { AMOUNT };
 *   CASCATA_MANIFEST("name": "amount-check", "version": "1.0.0", "fields": ["amount"], "results": ["pass", "review"])
 *
 *   CASCATA_RUN {
 *       double amount;
 *       if (!cascata_f64(cascata_get(AMOUNT), &amount)) return cascata_fail(CASCATA_INVALID_INPUT, "amount is not a number");
 *       return cascata_result(amount > 1000 ? "review" : "pass", 0.9);
 *   }
 *
 *   clang --target=wasm32 -Oz -nostdlib -ffreestanding -Wl,--no-entry -Wl,-z,stack-size=16384 -Wl,--strip-all -o stage.wasm stage.c
 *
 * A value stands for a field of the event and is read lazily: nothing crosses into the guest's memory until it is asked
 * for, and only into buffers that the caller gives. Values are good for one call of the stage.
 *
 * Without wasm32 the imports are plain functions, which cascata_test.h defines: that is how stages are tested natively. */
#ifndef CASCATA_H
#define CASCATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CASCATA_SDK_VERSION "0.1.0"

#ifdef __cplusplus
#define CASCATA_C extern "C"
#else
#define CASCATA_C extern
#endif

/* ---- the core ABI: imports of module cascata_v1, exports and manifest ---- */

#ifdef __wasm__
#define CASCATA_IMPORT(name) __attribute__((import_module("cascata_v1"), import_name(#name))) CASCATA_C
#define CASCATA_EXPORT(name) __attribute__((export_name(#name)))
#else
#define CASCATA_IMPORT(name) CASCATA_C
#define CASCATA_EXPORT(name)
#endif

CASCATA_IMPORT(slot) int32_t cascata_import_slot(const char *path, uint32_t len);
CASCATA_IMPORT(get) int64_t cascata_import_get(uint32_t slot);
CASCATA_IMPORT(get_cfg) int64_t cascata_import_get_cfg(const char *key, uint32_t len);
CASCATA_IMPORT(child) int64_t cascata_import_child(uint32_t handle, const char *key, uint32_t len);
CASCATA_IMPORT(at) int64_t cascata_import_at(uint32_t handle, uint32_t index);
CASCATA_IMPORT(len) int32_t cascata_import_len(uint32_t handle);
CASCATA_IMPORT(key_at) int64_t cascata_import_key_at(uint32_t handle, uint32_t index);
CASCATA_IMPORT(read) int32_t cascata_import_read(uint32_t handle, char *dst, uint32_t cap);
CASCATA_IMPORT(as_f64) double cascata_import_as_f64(uint32_t handle);
CASCATA_IMPORT(as_i64) int32_t cascata_import_as_i64(uint32_t handle, int64_t *out);
CASCATA_IMPORT(log_enabled) int32_t cascata_import_log_enabled(int32_t level);
CASCATA_IMPORT(log) void cascata_import_log(int32_t level, const char *message, uint32_t len);
CASCATA_IMPORT(set_result) void cascata_import_set_result(const char *label, uint32_t len, double confidence);
CASCATA_IMPORT(set_data) void cascata_import_set_data(const char *json, uint32_t len);
CASCATA_IMPORT(set) int32_t cascata_import_set(const char *path, uint32_t path_len, const char *json, uint32_t json_len);
CASCATA_IMPORT(fail) void cascata_import_fail(int32_t code, int32_t status, int64_t retry_after_ms, int32_t retryable,
                                              const char *message, uint32_t len);
CASCATA_IMPORT(meta) int64_t cascata_import_meta(int32_t which);

/* The manifest, once a stage and outside of functions: members of a JSON object, written as they are. The host reads
 * `name`, `version`, `fields` (the n-th is slot n), `results` (no other label may be answered), `config` (a JSON Schema of
 * the `with:` block), `capabilities` and `stateless`; it may leave out any of them. */
#define CASCATA_MANIFEST(...) CASCATA_MANIFEST_TEXT("{\"abi\":\"cascata_v1\",\"sdk\":\"c " CASCATA_SDK_VERSION "\",", #__VA_ARGS__)
#ifdef __wasm__
#define CASCATA_MANIFEST_TEXT(head, members) CASCATA_MANIFEST_ASM(members)
#define CASCATA_MANIFEST_ASM(members)                                                                                 \
    __asm__(".section \".custom_section.cascata-manifest\",\"\",@\n"                                                  \
            ".ascii \"{\\\"abi\\\":\\\"cascata_v1\\\",\\\"sdk\\\":\\\"c " CASCATA_SDK_VERSION "\\\",\"\n"             \
            ".ascii " #members "\n.ascii \"}\"\n.text\n");
#else
#define CASCATA_MANIFEST_TEXT(head, members)                                                                          \
    CASCATA_C const char cascata_manifest_json[];                                                                     \
    const char cascata_manifest_json[] = head members "}";
#endif

/* What the stage does for every event; returns what cascata_result or cascata_fail return. */
#define CASCATA_RUN                                                                                                   \
    CASCATA_C int32_t stage_run(void);                                                                                \
    CASCATA_EXPORT(stage_run) int32_t stage_run(void)
/* What it does once an instance, before the first event; returns 0, or what cascata_fail returns. */
#define CASCATA_INIT                                                                                                  \
    CASCATA_C int32_t stage_init(void);                                                                               \
    CASCATA_EXPORT(stage_init) int32_t stage_init(void)

/* ---- reading ---- */

typedef enum {
    CASCATA_MISSING, CASCATA_NULL, CASCATA_BOOL, CASCATA_INT, CASCATA_FLOAT,
    CASCATA_TEXT, CASCATA_ARRAY, CASCATA_OBJECT, CASCATA_ERROR /* stale handle */
} cascata_kind;

typedef struct { int64_t tagged; } cascata_value; /* bits 63..56 kind, 55..32 length, 31..0 handle */

static inline cascata_value cascata_tagged(int64_t tagged) { cascata_value v = {tagged}; return v; }
static inline uint32_t cascata_handle(cascata_value v) { return (uint32_t)v.tagged; }
static inline uint32_t cascata_text_size(const char *text) {
    uint32_t size = 0;
    while (text[size] != 0) size++;
    return size;
}

/* The value of the manifest's n-th field, or of a number that cascata_slot gave. */
static inline cascata_value cascata_get(uint32_t slot) { return cascata_tagged(cascata_import_get(slot)); }
/* The number of a path known only at run time ("items[0].price", "stages.A.result"); -1 if it is no path. */
static inline int32_t cascata_slot(const char *path) { return cascata_import_slot(path, cascata_text_size(path)); }
/* A key of the stage's `with:` block; "" is the whole block. */
static inline cascata_value cascata_config(const char *key) {
    return cascata_tagged(cascata_import_get_cfg(key, cascata_text_size(key)));
}
static inline cascata_kind cascata_kind_of(cascata_value v) {
    uint64_t kind = (uint64_t)v.tagged >> 56;
    return kind < CASCATA_ERROR ? (cascata_kind)kind : CASCATA_ERROR;
}
/* Missing or null, which conditions treat alike. */
static inline bool cascata_is_nil(cascata_value v) { return cascata_kind_of(v) <= CASCATA_NULL; }
static inline bool cascata_is_true(cascata_value v) { return cascata_kind_of(v) == CASCATA_BOOL && cascata_handle(v) != 0; }
static inline bool cascata_is_number(cascata_value v) {
    return cascata_kind_of(v) == CASCATA_INT || cascata_kind_of(v) == CASCATA_FLOAT;
}
/* A number as a double; false and *out untouched for anything else. */
static inline bool cascata_f64(cascata_value v, double *out) {
    if (!cascata_is_number(v)) return false;
    *out = cascata_import_as_f64(cascata_handle(v));
    return true;
}
/* A number as an integer; false if it has a fraction, is beyond 64 bits, or is no number. */
static inline bool cascata_i64(cascata_value v, int64_t *out) {
    return cascata_is_number(v) && cascata_import_as_i64(cascata_handle(v), out) == 0;
}
/* Copies a text, or the JSON of a number, array or object; its size in bytes. Nothing is copied and 0 told if it is anything
 * else or longer than cap. */
static inline uint32_t cascata_read(cascata_value v, char *buf, uint32_t cap) {
    int32_t size = cascata_kind_of(v) >= CASCATA_INT ? cascata_import_read(cascata_handle(v), buf, cap) : -1;
    return size < 0 || (uint32_t)size > cap ? 0 : (uint32_t)size;
}
/* Copies a text and its size; false for anything else and for texts longer than cap. No zero byte is added. */
static inline bool cascata_text(cascata_value v, char *buf, uint32_t cap, uint32_t *size) {
    if (cascata_kind_of(v) != CASCATA_TEXT) return false;
    int32_t full = cascata_import_read(cascata_handle(v), buf, cap);
    if (full < 0 || (uint32_t)full > cap) return false;
    *size = (uint32_t)full;
    return true;
}
static inline bool cascata_same(const char *a, uint32_t a_size, const char *b, uint32_t b_size) {
    if (a_size != b_size) return false;
    for (uint32_t i = 0; i < a_size; i++)
        if (a[i] != b[i]) return false;
    return true;
}
/* Whether a value is this text, of at most 256 bytes. */
static inline bool cascata_is_text(cascata_value v, const char *text) {
    char buf[256];
    uint32_t size;
    return cascata_text(v, buf, sizeof buf, &size) && cascata_same(buf, size, text, cascata_text_size(text));
}
/* An entry of an object by key, an element of an array (or an object's entry) by position; missing in anything else. */
static inline cascata_value cascata_child(cascata_value v, const char *key) {
    if (cascata_kind_of(v) != CASCATA_OBJECT) return cascata_tagged(0);
    return cascata_tagged(cascata_import_child(cascata_handle(v), key, cascata_text_size(key)));
}
static inline cascata_value cascata_at(cascata_value v, uint32_t index) {
    cascata_kind kind = cascata_kind_of(v);
    if (kind != CASCATA_ARRAY && kind != CASCATA_OBJECT) return cascata_tagged(0);
    return cascata_tagged(cascata_import_at(cascata_handle(v), index));
}
static inline cascata_value cascata_key_at(cascata_value v, uint32_t index) {
    if (cascata_kind_of(v) != CASCATA_OBJECT) return cascata_tagged(0);
    return cascata_tagged(cascata_import_key_at(cascata_handle(v), index));
}
/* Elements of an array, entries of an object, bytes of a text; 0 for anything else. */
static inline uint32_t cascata_len(cascata_value v) {
    cascata_kind kind = cascata_kind_of(v);
    int32_t len = kind == CASCATA_TEXT || kind == CASCATA_ARRAY || kind == CASCATA_OBJECT ? cascata_import_len(cascata_handle(v)) : 0;
    return len < 0 ? 0 : (uint32_t)len;
}

/* ---- JSON, written into a buffer of the caller's ---- */

typedef struct {
    char *buf;
    uint32_t cap, size;
    bool comma, overflow; /* overflow: the buffer was too short; what follows is dropped and the text refused */
} cascata_json;

static inline cascata_json cascata_json_in(char *buf, uint32_t cap) {
    cascata_json json = {buf, cap, 0, false, false};
    return json;
}
static inline void cascata_json_byte(cascata_json *json, char byte) {
    if (json->size < json->cap) json->buf[json->size++] = byte;
    else json->overflow = true;
}
static inline void cascata_json_raw(cascata_json *json, const char *text, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) cascata_json_byte(json, text[i]);
}
static inline void cascata_json_sep(cascata_json *json) {
    if (json->comma) cascata_json_byte(json, ',');
    json->comma = true;
}
static inline void cascata_json_open(cascata_json *json, char bracket) { /* '{' or '[' */
    cascata_json_sep(json);
    cascata_json_byte(json, bracket);
    json->comma = false;
}
static inline void cascata_json_close(cascata_json *json, char bracket) { /* '}' or ']' */
    cascata_json_byte(json, bracket);
    json->comma = true;
}
static inline void cascata_json_text_n(cascata_json *json, const char *text, uint32_t size) {
    cascata_json_sep(json);
    cascata_json_byte(json, '"');
    for (uint32_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        const char *hex = "0123456789abcdef";
        if (c >= 0x20) {
            if (c == '"' || c == '\\') cascata_json_byte(json, '\\');
            cascata_json_byte(json, (char)c);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            cascata_json_byte(json, '\\');
            cascata_json_byte(json, c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        } else {
            cascata_json_raw(json, "\\u00", 4);
            cascata_json_byte(json, hex[c >> 4]);
            cascata_json_byte(json, hex[c & 15]);
        }
    }
    cascata_json_byte(json, '"');
}
static inline void cascata_json_text(cascata_json *json, const char *text) {
    cascata_json_text_n(json, text, cascata_text_size(text));
}
static inline void cascata_json_key(cascata_json *json, const char *key) {
    cascata_json_text(json, key);
    cascata_json_byte(json, ':');
    json->comma = false;
}
static inline void cascata_json_bool(cascata_json *json, bool truth) {
    cascata_json_sep(json);
    cascata_json_raw(json, truth ? "true" : "false", truth ? 4 : 5);
}
static inline void cascata_json_null(cascata_json *json) {
    cascata_json_sep(json);
    cascata_json_raw(json, "null", 4);
}
static inline void cascata_json_digits(cascata_json *json, uint64_t number, uint32_t least) {
    char digits[20];
    uint32_t start = sizeof digits;
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0 || sizeof digits - start < least);
    cascata_json_raw(json, digits + start, (uint32_t)sizeof digits - start);
}
static inline void cascata_json_i64(cascata_json *json, int64_t number) {
    cascata_json_sep(json);
    if (number < 0) cascata_json_byte(json, '-');
    cascata_json_digits(json, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 1);
}
/* A double with so many decimals (1 to 9), the nearest; null if it is not below 1e9 in magnitude. */
static inline void cascata_json_f64(cascata_json *json, double number, uint32_t decimals) {
    double magnitude = number < 0 ? -number : number;
    if (!(magnitude < 1e9)) {
        cascata_json_null(json);
        return;
    }
    uint64_t scale = 1;
    decimals = decimals < 1 ? 1 : decimals > 9 ? 9 : decimals;
    for (uint32_t i = 0; i < decimals; i++) scale *= 10;
    uint64_t scaled = (uint64_t)(magnitude * (double)scale + 0.5);
    cascata_json_sep(json);
    if (number < 0 && scaled != 0) cascata_json_byte(json, '-');
    cascata_json_digits(json, scaled / scale, 1);
    cascata_json_byte(json, '.');
    cascata_json_digits(json, scaled % scale, decimals);
}

/* ---- answering ---- */

#define CASCATA_NO_CONFIDENCE (__builtin_nan(""))

typedef enum { CASCATA_INVALID_INPUT, CASCATA_INVALID_CONFIG, CASCATA_UNAVAILABLE, CASCATA_INTERNAL } cascata_code;
typedef enum { CASCATA_TRACE, CASCATA_DEBUG, CASCATA_INFO, CASCATA_WARN, CASCATA_ERROR_LEVEL } cascata_level;

/* The stage's result, once a call: a label, and 0 to 1 how sure it is. */
static inline int32_t cascata_result(const char *label, double confidence) {
    cascata_import_set_result(label, cascata_text_size(label), confidence);
    return 0;
}
/* A failure that trying again won't help. */
static inline int32_t cascata_fail(cascata_code code, const char *message) {
    cascata_import_fail(code, 0, -1, 0, message, cascata_text_size(message));
    return 1;
}
/* A failure that trying again may help: a status such as 503 (0 none), and how long to wait first (-1 unknown). */
static inline int32_t cascata_fail_retryable(cascata_code code, int32_t status, int64_t retry_after_ms, const char *message) {
    cascata_import_fail(code, status, retry_after_ms, 1, message, cascata_text_size(message));
    return 1;
}
/* The stage's data, once a call: an object that later rules read as `stages.NAME.data`. False if it did not fit its buffer. */
static inline bool cascata_data(const cascata_json *json) {
    if (!json->overflow) cascata_import_set_data(json->buf, json->size);
    return !json->overflow;
}
/* A write to the event, done when the stage has succeeded. False if the path can't be written or the text is no JSON. */
static inline bool cascata_set(const char *path, const cascata_json *json) {
    return !json->overflow && cascata_import_set(path, cascata_text_size(path), json->buf, json->size) == 0;
}
static inline bool cascata_set_i64(const char *path, int64_t number) {
    char buf[21];
    cascata_json json = cascata_json_in(buf, sizeof buf);
    cascata_json_i64(&json, number);
    return cascata_set(path, &json);
}
static inline bool cascata_set_text(const char *path, const char *text) {
    char buf[1024]; /* longer texts: cascata_json_text in a buffer of the stage's own */
    cascata_json json = cascata_json_in(buf, sizeof buf);
    cascata_json_text(&json, text);
    return cascata_set(path, &json);
}
/* A line of the stage's log. */
static inline void cascata_log(cascata_level level, const char *message) {
    cascata_import_log(level, message, cascata_text_size(message));
}
static inline bool cascata_log_enabled(cascata_level level) { return cascata_import_log_enabled(level) != 0; }
/* Which attempt this is, from 1; milliseconds left before the host ends the call; the fencing token, -1 if there is none. */
static inline int64_t cascata_attempt(void) { return cascata_import_meta(0); }
static inline int64_t cascata_remaining_ms(void) { return cascata_import_meta(1); }
static inline int64_t cascata_fencing_token(void) { return cascata_import_meta(2); }

#endif
