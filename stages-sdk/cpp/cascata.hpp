// Write a Cascata stage in C++17: a thin layer over cascata.h, with no library, no exceptions, no heap.
//
//   #include "cascata.hpp"
//
//   enum { AMOUNT };
//   CASCATA_MANIFEST("name": "amount-check", "version": "1.0.0", "fields": ["amount"], "results": ["pass", "review"])
//
//   CASCATA_STAGE(event) {
//       auto amount = event[AMOUNT].number();
//       if (!amount) return cascata::failure(CASCATA_INVALID_INPUT, "amount is not a number");
//       return cascata::outcome(*amount > 1000 ? "review" : "pass").confidence(0.9);
//   }
//
//   clang++ --target=wasm32 -mbulk-memory -std=c++17 -fno-exceptions -fno-rtti -Oz -nostdlib -ffreestanding -Wl,--no-entry
//           -Wl,-z,stack-size=16384 -Wl,--strip-all -o stage.wasm stage.cpp
#ifndef CASCATA_HPP
#define CASCATA_HPP

#include "cascata.h"

namespace cascata {

/// A value that may be absent; the standard one needs a library that freestanding builds lack.
template <typename T> class maybe {
public:
    constexpr maybe() = default;
    constexpr maybe(T value) : value_(value), has_(true) {}
    constexpr explicit operator bool() const { return has_; }
    constexpr const T &operator*() const { return value_; }
    constexpr const T *operator->() const { return &value_; }
    constexpr T value_or(T fallback) const { return has_ ? value_ : fallback; }

private:
    T value_{};
    bool has_ = false;
};

/// A text of up to N bytes, copied out of the event. Longer ones are read as absent.
template <uint32_t N> struct text {
    char bytes[N] = {};
    uint32_t size = 0;

    bool operator==(const char *other) const { return cascata_same(bytes, size, other, cascata_text_size(other)); }
    template <uint32_t M> bool operator==(const text<M> &other) const {
        return cascata_same(bytes, size, other.bytes, other.size);
    }
};

/// A field of the event or of the configuration, read lazily; good for one call of the stage.
class value {
public:
    constexpr explicit value(cascata_value raw) : raw_(raw) {}

    cascata_kind kind() const { return cascata_kind_of(raw_); }
    /// Missing or null, which conditions treat alike.
    bool is_nil() const { return cascata_is_nil(raw_); }
    bool is_true() const { return cascata_is_true(raw_); }
    bool is(const char *text) const { return cascata_is_text(raw_, text); }
    maybe<double> number() const {
        double out;
        return cascata_f64(raw_, &out) ? maybe<double>(out) : maybe<double>();
    }
    maybe<int64_t> integer() const {
        int64_t out;
        return cascata_i64(raw_, &out) ? maybe<int64_t>(out) : maybe<int64_t>();
    }
    template <uint32_t N> maybe<text<N>> string() const {
        text<N> out;
        return cascata_text(raw_, out.bytes, N, &out.size) ? maybe<text<N>>(out) : maybe<text<N>>();
    }
    value operator[](const char *key) const { return value(cascata_child(raw_, key)); }
    value at(uint32_t index) const { return value(cascata_at(raw_, index)); }
    value key_at(uint32_t index) const { return value(cascata_key_at(raw_, index)); }
    uint32_t size() const { return cascata_len(raw_); }

    /// Walks the elements of an array; nothing for any other kind.
    class iterator {
    public:
        iterator(cascata_value node, uint32_t index) : node_(node), index_(index) {}
        value operator*() const { return value(cascata_at(node_, index_)); }
        iterator &operator++() {
            ++index_;
            return *this;
        }
        bool operator!=(const iterator &other) const { return index_ != other.index_; }

    private:
        cascata_value node_;
        uint32_t index_;
    };
    iterator begin() const { return {raw_, 0}; }
    iterator end() const { return {raw_, kind() == CASCATA_ARRAY ? size() : 0}; }

private:
    cascata_value raw_;
};

/// The event. `event[N]` is the manifest's n-th field, `event["path"]` any other.
struct event_view {
    value operator[](int slot) const { return value(cascata_get(static_cast<uint32_t>(slot))); }
    value operator[](const char *path) const {
        int32_t slot = cascata_slot(path);
        return value(slot < 0 ? cascata_tagged(0) : cascata_get(static_cast<uint32_t>(slot)));
    }
};

/// A key of the stage's `with:` block; "" is the whole block.
inline value config(const char *key) { return value(cascata_config(key)); }

/// JSON of up to N bytes, written piece by piece. What does not fit is refused where it is used.
template <uint32_t N> class json {
public:
    json() : raw_(cascata_json_in(bytes_, N)) {}
    json(const json &) = delete;
    json &operator=(const json &) = delete;

    json &open(char bracket) { return cascata_json_open(&raw_, bracket), *this; }
    json &close(char bracket) { return cascata_json_close(&raw_, bracket), *this; }
    json &key(const char *name) { return cascata_json_key(&raw_, name), *this; }
    json &put(const char *text) { return cascata_json_text(&raw_, text), *this; }
    template <uint32_t M> json &put(const text<M> &text) { return cascata_json_text_n(&raw_, text.bytes, text.size), *this; }
    template <typename T> json &put(const maybe<T> &value) { return value ? put(*value) : put(nullptr); }
    json &put(decltype(nullptr)) { return cascata_json_null(&raw_), *this; }
    json &put(bool truth) { return cascata_json_bool(&raw_, truth), *this; }
    json &put(int number) { return put(static_cast<int64_t>(number)); }
    json &put(int64_t number) { return cascata_json_i64(&raw_, number), *this; }
    /// The nearest double with so many decimals, 1 to 9.
    json &put(double number, uint32_t decimals) { return cascata_json_f64(&raw_, number, decimals), *this; }

    const cascata_json *raw() const { return &raw_; }

private:
    char bytes_[N];
    cascata_json raw_;
};

/// A write to the event, done when the stage has succeeded; false if the path can't be written.
template <uint32_t N> bool set(const char *path, const json<N> &value) { return cascata_set(path, value.raw()); }
inline bool set(const char *path, int64_t number) { return cascata_set_i64(path, number); }
inline bool set(const char *path, const char *text) { return cascata_set_text(path, text); }
inline void log(cascata_level level, const char *message) { cascata_log(level, message); }

/// What a stage returns: an `outcome` or a `failure`.
class answer {
public:
    /// Hands it to the host. CASCATA_STAGE does it.
    int32_t give() const {
        if (is_outcome_) return cascata_result(text_, confidence_);
        cascata_import_fail(code_, status_, retry_after_ms_, is_retryable_, text_, cascata_text_size(text_));
        return 1;
    }

protected:
    answer(const char *text, bool is_outcome) : text_(text), is_outcome_(is_outcome) {}
    const char *text_;
    double confidence_ = CASCATA_NO_CONFIDENCE;
    int64_t retry_after_ms_ = -1;
    int32_t status_ = 0;
    cascata_code code_ = CASCATA_INTERNAL;
    bool is_retryable_ = false;
    bool is_outcome_;
};

/// A result, with how sure the stage is and what later rules may read of it.
struct outcome : answer {
    explicit outcome(const char *label) : answer(label, true) {}
    /// 0 to 1.
    outcome &confidence(double confidence) { return confidence_ = confidence, *this; }
    /// A JSON object.
    template <uint32_t N> outcome &data(const json<N> &data) { return cascata_data(data.raw()), *this; }
};

/// Why the stage has no result. Trying again does not help unless it says so.
struct failure : answer {
    failure(cascata_code code, const char *message) : answer(message, false) { code_ = code; }
    failure &retryable() { return is_retryable_ = true, *this; }
    /// Such as 503.
    failure &status(int32_t status) { return status_ = status, *this; }
    failure &retry_after_ms(int64_t ms) { return retry_after_ms_ = ms, *this; }
};

} // namespace cascata

/// What the stage does for every event: `CASCATA_STAGE(event) { … return cascata::outcome("pass"); }`.
#define CASCATA_STAGE(event)                                                                                          \
    static cascata::answer cascata_stage(const cascata::event_view &event);                                           \
    CASCATA_RUN { return cascata_stage(cascata::event_view()).give(); }                                               \
    static cascata::answer cascata_stage([[maybe_unused]] const cascata::event_view &event)

#endif
