/* Stages tested natively, in C, C++, Zig and D: the imports of cascata.h answered on the machine that builds, with the meaning that
 * the engine gives them. Include it in one file of the test, which is linked (or included) with the stage.
 *
 *   #include "stage.c"
 *   #include "cascata_test.h"
 *   int main(void) {
 *       const cascata_report *report = cascata_test("{\"amount\": 1500}", "{}");
 *       assert(report->ok && strcmp(report->result, "review") == 0);
 *   }
 *
 * Bounds, of the test and not of the engine: 4,096 values and 64 KiB of texts a call, 64 slots, 16 writes. Going beyond ends the
 * test with a message. Paths are dotted keys with positions, `items[0].price`; `stages.…` is read of an event that has it. */
#ifndef CASCATA_TEST_H
#define CASCATA_TEST_H

#include "cascata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const char cascata_manifest_json[];
int32_t stage_run(void);

typedef struct { char path[128], json[512]; } cascata_written;

/* What came of a call. */
typedef struct {
    bool ok; /* it answered; else it failed */
    char result[128];
    double confidence; /* NaN: none */
    char data[4096];   /* empty: none */
    cascata_written writes[16];
    int write_count; /* 0 if it failed, as in the engine */
    char log[4096];  /* lines, each with its end */
    int32_t code, status, retryable;
    int64_t retry_after_ms;
    char message[512];
} cascata_report;

/* Runs the stage on an event with a `with:` block, both JSON. The report is good until the next call. */
const cascata_report *cascata_test(const char *event, const char *config);

#ifdef __cplusplus
}
#endif

#ifndef CASCATA_TEST_DECLARATIONS_ONLY

typedef struct { /* one JSON value; its key, if it is an entry */
    cascata_kind kind;
    bool truth;
    const char *key;
    const char *text; /* a text, unescaped */
    const char *start, *end; /* where it stands in the JSON */
    int first, next, len; /* members: indexes of nodes, -1 none */
} cascata_node;

static struct {
    cascata_node nodes[4096];
    int node_count;
    char texts[65536];
    size_t text_count;
    int event, config, manifest;
    char slots[64][128];
    int slot_count;
    cascata_report report;
} cascata_host;

static void cascata_test_end(const char *why, const char *where) {
    fprintf(stderr, "cascata_test: %s: %.80s\n", why, where);
    exit(2);
}
static const char *cascata_skip(const char *at) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
    return at;
}
static void cascata_keep(char byte) {
    if (cascata_host.text_count >= sizeof cascata_host.texts) cascata_test_end("more than 64 KiB of texts", "");
    cascata_host.texts[cascata_host.text_count++] = byte;
}
static void cascata_keep_utf8(unsigned long c) {
    if (c < 0x80) cascata_keep((char)c);
    else if (c < 0x800) { cascata_keep((char)(0xC0 | c >> 6)); cascata_keep((char)(0x80 | (c & 63))); }
    else if (c < 0x10000) { cascata_keep((char)(0xE0 | c >> 12)); cascata_keep((char)(0x80 | (c >> 6 & 63))); cascata_keep((char)(0x80 | (c & 63))); }
    else { cascata_keep((char)(0xF0 | c >> 18)); cascata_keep((char)(0x80 | (c >> 12 & 63))); cascata_keep((char)(0x80 | (c >> 6 & 63))); cascata_keep((char)(0x80 | (c & 63))); }
}
static unsigned long cascata_hex4(const char *at) {
    char digits[5] = {0};
    strncpy(digits, at, 4);
    return strtoul(digits, NULL, 16);
}
/* Reads a string literal, unescaped, into the texts. */
static const char *cascata_literal(const char *at, const char **out) {
    *out = &cascata_host.texts[cascata_host.text_count];
    for (at++; *at != '"'; at++) {
        if (*at == 0) cascata_test_end("a text without end", *out);
        if (*at != '\\') { cascata_keep(*at); continue; }
        at++;
        switch (*at) {
        case 'n': cascata_keep('\n'); break;
        case 'r': cascata_keep('\r'); break;
        case 't': cascata_keep('\t'); break;
        case 'b': cascata_keep('\b'); break;
        case 'f': cascata_keep('\f'); break;
        case 'u': {
            unsigned long c = cascata_hex4(at + 1);
            at += 4;
            if (c >= 0xD800 && c < 0xDC00 && at[1] == '\\' && at[2] == 'u') {
                c = 0x10000 + ((c - 0xD800) << 10) + (cascata_hex4(at + 3) - 0xDC00);
                at += 6;
            }
            cascata_keep_utf8(c);
            break;
        }
        default: cascata_keep(*at);
        }
    }
    cascata_keep(0);
    return at + 1;
}
static const char *cascata_parse(const char *at, int *index);
static const char *cascata_members(const char *at, cascata_node *node) {
    bool is_object = *at == '{';
    char end = is_object ? '}' : ']';
    int *link = &node->first;
    node->kind = is_object ? CASCATA_OBJECT : CASCATA_ARRAY;
    at = cascata_skip(at + 1);
    while (*at != end) {
        const char *key = NULL;
        if (is_object) {
            if (*at != '"') cascata_test_end("no key here", at);
            at = cascata_skip(cascata_literal(at, &key));
            if (*at != ':') cascata_test_end("no colon here", at);
            at++;
        }
        at = cascata_skip(cascata_parse(at, link));
        cascata_host.nodes[*link].key = key;
        link = &cascata_host.nodes[*link].next;
        node->len++;
        if (*at == ',') at = cascata_skip(at + 1);
        else if (*at != end) cascata_test_end("neither a comma nor an end here", at);
    }
    return at + 1;
}
static const char *cascata_parse(const char *at, int *index) {
    if (cascata_host.node_count >= 4096) cascata_test_end("more than 4,096 values", at);
    at = cascata_skip(at);
    *index = cascata_host.node_count++;
    cascata_node *node = &cascata_host.nodes[*index];
    memset(node, 0, sizeof *node);
    node->first = node->next = -1;
    node->start = at;
    if (*at == '{' || *at == '[') at = cascata_members(at, node);
    else if (*at == '"') { node->kind = CASCATA_TEXT; at = cascata_literal(at, &node->text); }
    else if (strncmp(at, "null", 4) == 0) { node->kind = CASCATA_NULL; at += 4; }
    else if (strncmp(at, "true", 4) == 0) { node->kind = CASCATA_BOOL; node->truth = true; at += 4; }
    else if (strncmp(at, "false", 5) == 0) { node->kind = CASCATA_BOOL; at += 5; }
    else {
        size_t size = strspn(at, "+-.0123456789eE");
        if (size == 0) cascata_test_end("no JSON here", at);
        node->kind = strcspn(at, ".eE") < size ? CASCATA_FLOAT : CASCATA_INT;
        at += size;
    }
    node->end = at;
    return at;
}
static int cascata_root(const char *json) {
    int index;
    const char *rest = cascata_skip(cascata_parse(json, &index));
    if (*rest != 0) cascata_test_end("something after the JSON", rest);
    return index;
}
static int cascata_member(int index, const char *key, size_t size) {
    int found = -1;
    if (index < 0 || cascata_host.nodes[index].kind != CASCATA_OBJECT) return -1;
    for (int i = cascata_host.nodes[index].first; i >= 0; i = cascata_host.nodes[i].next)
        if (strlen(cascata_host.nodes[i].key) == size && memcmp(cascata_host.nodes[i].key, key, size) == 0) found = i;
    return found;
}
static int cascata_position(int index, uint32_t position) {
    int i = index < 0 ? -1 : cascata_host.nodes[index].first;
    while (i >= 0 && position-- > 0) i = cascata_host.nodes[i].next;
    return i;
}
static int cascata_follow(const char *path) {
    int index = cascata_host.event;
    while (*path != 0) {
        if (*path == '[') {
            char *end;
            index = cascata_position(index, (uint32_t)strtoul(path + 1, &end, 10));
            path = *end == ']' ? end + 1 : end;
        } else {
            size_t size = strcspn(path, ".[");
            index = cascata_member(index, path, size);
            path += size;
        }
        if (*path == '.') path++;
    }
    return index;
}
static int64_t cascata_tag(int index) {
    if (index < 0) return 0;
    const cascata_node *node = &cascata_host.nodes[index];
    uint64_t size = node->kind == CASCATA_TEXT ? strlen(node->text) : (uint64_t)(node->end - node->start);
    uint64_t handle = node->kind == CASCATA_BOOL ? node->truth : (uint64_t)index + 1;
    return (int64_t)((uint64_t)node->kind << 56 | (size & 0xFFFFFF) << 32 | handle);
}
static cascata_node *cascata_node_of(uint32_t handle) {
    return handle >= 1 && handle <= (uint32_t)cascata_host.node_count ? &cascata_host.nodes[handle - 1] : NULL;
}
static void cascata_copy(char *dst, size_t cap, const char *text, size_t size) {
    if (size >= cap) cascata_test_end("too long for the report", text);
    memcpy(dst, text, size);
    dst[size] = 0;
}

int32_t cascata_import_slot(const char *path, uint32_t len) {
    char text[128];
    if (len == 0) return -1;
    cascata_copy(text, sizeof text, path, len);
    for (int i = 0; i < cascata_host.slot_count; i++)
        if (strcmp(cascata_host.slots[i], text) == 0) return i;
    if (cascata_host.slot_count >= 64) cascata_test_end("more than 64 slots", text);
    strcpy(cascata_host.slots[cascata_host.slot_count], text);
    return cascata_host.slot_count++;
}
int64_t cascata_import_get(uint32_t slot) {
    if (slot >= (uint32_t)cascata_host.slot_count) return (int64_t)CASCATA_ERROR << 56;
    return cascata_tag(cascata_follow(cascata_host.slots[slot]));
}
int64_t cascata_import_get_cfg(const char *key, uint32_t len) {
    return cascata_tag(len == 0 ? cascata_host.config : cascata_member(cascata_host.config, key, len));
}
int64_t cascata_import_child(uint32_t handle, const char *key, uint32_t len) {
    return cascata_node_of(handle) ? cascata_tag(cascata_member((int)handle - 1, key, len)) : (int64_t)CASCATA_ERROR << 56;
}
int64_t cascata_import_at(uint32_t handle, uint32_t index) {
    return cascata_node_of(handle) ? cascata_tag(cascata_position((int)handle - 1, index)) : (int64_t)CASCATA_ERROR << 56;
}
int32_t cascata_import_len(uint32_t handle) {
    const cascata_node *node = cascata_node_of(handle);
    if (!node || node->kind < CASCATA_TEXT) return -1;
    return node->kind == CASCATA_TEXT ? (int32_t)strlen(node->text) : node->len;
}
int64_t cascata_import_key_at(uint32_t handle, uint32_t index) {
    int entry = cascata_node_of(handle) ? cascata_position((int)handle - 1, index) : -1;
    if (entry < 0 || cascata_host.nodes[entry].key == NULL) return 0;
    if (cascata_host.node_count >= 4096) cascata_test_end("more than 4,096 values", "");
    cascata_node *node = &cascata_host.nodes[cascata_host.node_count++];
    memset(node, 0, sizeof *node);
    node->kind = CASCATA_TEXT;
    node->text = cascata_host.nodes[entry].key;
    return cascata_tag(cascata_host.node_count - 1);
}
int32_t cascata_import_read(uint32_t handle, char *dst, uint32_t cap) {
    const cascata_node *node = cascata_node_of(handle);
    if (!node) return -1;
    const char *text = node->kind == CASCATA_TEXT ? node->text : node->start;
    size_t size = node->kind == CASCATA_TEXT ? strlen(text) : (size_t)(node->end - node->start);
    if (size <= cap) memcpy(dst, text, size);
    return (int32_t)size;
}
double cascata_import_as_f64(uint32_t handle) {
    const cascata_node *node = cascata_node_of(handle);
    return node && (node->kind == CASCATA_INT || node->kind == CASCATA_FLOAT) ? strtod(node->start, NULL) : CASCATA_NO_CONFIDENCE;
}
int32_t cascata_import_as_i64(uint32_t handle, int64_t *out) {
    double number = cascata_import_as_f64(handle);
    if (!(number >= -9.2e18 && number <= 9.2e18)) return number != number ? 1 : 2;
    if (number != (double)(int64_t)number) return 1;
    *out = cascata_host.nodes[handle - 1].kind == CASCATA_INT ? strtoll(cascata_host.nodes[handle - 1].start, NULL, 10) : (int64_t)number;
    return 0;
}
int32_t cascata_import_log_enabled(int32_t level) { return level >= 0; }
void cascata_import_log(int32_t level, const char *message, uint32_t len) {
    size_t used = strlen(cascata_host.report.log);
    (void)level;
    cascata_copy(cascata_host.report.log + used, sizeof cascata_host.report.log - used - 1, message, len);
    strcat(cascata_host.report.log, "\n");
}
void cascata_import_set_result(const char *label, uint32_t len, double confidence) {
    if (cascata_host.report.ok) cascata_test_end("two results in a call", label);
    int labels = cascata_member(cascata_host.manifest, "results", 7), listed = labels < 0 || cascata_host.nodes[labels].len == 0;
    cascata_copy(cascata_host.report.result, sizeof cascata_host.report.result, label, len);
    for (int i = labels < 0 ? -1 : cascata_host.nodes[labels].first; i >= 0; i = cascata_host.nodes[i].next)
        listed |= strcmp(cascata_host.nodes[i].text, cascata_host.report.result) == 0;
    if (!listed) cascata_test_end("the manifest does not list this result", cascata_host.report.result);
    if (confidence < 0 || confidence > 1) cascata_test_end("a confidence outside 0 to 1", cascata_host.report.result);
    cascata_host.report.confidence = confidence;
    cascata_host.report.ok = true;
}
void cascata_import_set_data(const char *json, uint32_t len) {
    cascata_copy(cascata_host.report.data, sizeof cascata_host.report.data, json, len);
    if (cascata_host.nodes[cascata_root(cascata_host.report.data)].kind != CASCATA_OBJECT) cascata_test_end("data is no object", json);
}
int32_t cascata_import_set(const char *path, uint32_t path_len, const char *json, uint32_t json_len) {
    if (path_len == 0 || memchr(path, '[', path_len) || (path_len >= 7 && memcmp(path, "stages.", 7) == 0)) return 1;
    if (cascata_host.report.write_count >= 16) cascata_test_end("more than 16 writes", path);
    cascata_written *written = &cascata_host.report.writes[cascata_host.report.write_count++];
    cascata_copy(written->path, sizeof written->path, path, path_len);
    cascata_copy(written->json, sizeof written->json, json, json_len);
    cascata_root(written->json); /* ends the test if it is no JSON */
    return 0;
}
void cascata_import_fail(int32_t code, int32_t status, int64_t retry_after_ms, int32_t retryable, const char *message, uint32_t len) {
    cascata_report *report = &cascata_host.report;
    report->code = code, report->status = status, report->retry_after_ms = retry_after_ms, report->retryable = retryable;
    cascata_copy(report->message, sizeof report->message, message, len);
}
int64_t cascata_import_meta(int32_t which) { return which == 0 ? 1 : which == 1 ? 30000 : -1; }

const cascata_report *cascata_test(const char *event, const char *config) {
    memset(&cascata_host, 0, sizeof cascata_host);
    cascata_host.report.retry_after_ms = -1;
    cascata_host.manifest = cascata_root(cascata_manifest_json);
    int fields = cascata_member(cascata_host.manifest, "fields", 6);
    for (int i = fields < 0 ? -1 : cascata_host.nodes[fields].first; i >= 0; i = cascata_host.nodes[i].next)
        cascata_import_slot(cascata_host.nodes[i].text, (uint32_t)strlen(cascata_host.nodes[i].text));
    cascata_host.event = cascata_root(event);
    cascata_host.config = cascata_root(config);
    bool failed = stage_run() != 0;
    if (failed) cascata_host.report.ok = false;
    else if (!cascata_host.report.ok) cascata_test_end("the stage gave no result", event);
    if (failed) cascata_host.report.write_count = 0;
    return &cascata_host.report;
}

#endif
#endif
