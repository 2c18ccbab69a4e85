/// How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
/// examples/stages/README.md defines it.
module stage;

import cascata;
import cascata_capabilities;

@nogc nothrow:

enum { ADDRESS }

enum HOUR_MS = 3_600_000, REMEMBER_MS = 600_000, BUSY = 20, NO_RATING = -1;

mixin CascataStage!(`
    "name": "reputation", "version": "1.0.0", "fields": ["ip"], "results": ["good", "unclear", "bad"],
    "config": {"type": "object", "properties": {"url": {"type": "string"}, "remember_ms": {"type": "integer", "minimum": 1}}, "required": ["url"]},
    "capabilities": ["clock", "http", "kv", "metrics", "random", "secrets"], "stateless": true`, rate);

/// Texts of a failure, which is handed over after the function that made them has ended.
__gshared char[256] said;

Answer rate(Event event) {
    char[48] own = void;
    char[64] counterKey = void, ratingKey = void;
    char[8] kept = void;
    char[128] buffer = void;
    const address = event[ADDRESS].text(own[]);
    if (address.ptr is null) return failure(Code.invalidInput, "ip is not a text");
    const key = join(ratingKey[], "rating/", address);
    // A store that is out of order costs the memory only: the service is asked.
    long payments;
    if (kvAdd(join(counterKey[], "payments/", address), 1, HOUR_MS, payments) != Kv.ok) payments = 0;
    const(char)[] digits;
    long rated = kvGet(key, kept[], digits) == Kv.ok ? number(digits, 100) : NO_RATING;
    immutable remembered = rated != NO_RATING;
    counter(remembered ? "remembered" : "asked", 1);
    if (!remembered) {
        Answer why;
        if (!ask(address, key, rated, why)) return why;
    }
    auto json = Json(buffer[]);
    json.open("{");
    json.key("rating");
    json.integer(rated);
    json.key("source");
    json.text(remembered ? "memory" : "service");
    json.key("payments");
    json.integer(payments);
    json.close("}");
    data(json);
    immutable sure = rated > 50 ? rated : 100 - rated;
    return outcome(rated >= 70 ? "bad" : rated >= 30 || payments > BUSY ? "unclear" : "good").confidence(sure / 100.0);
}

/// Asks the service, and keeps what it says; false and why it can't be rated.
bool ask(const(char)[] address, const(char)[] key, ref long rated, ref Answer why) {
    char[256] base = void, token = void;
    char[264] bearer = void;
    char[512] url = void;
    char[1024] scratch = void;
    const service = config("url").text(base[]);
    if (service.ptr is null) return fails(why, failure(Code.invalidConfig, "url is not a text"));
    const known = secret("REPUTATION_TOKEN", token[]);
    if (known.ptr is null) return fails(why, failure(Code.invalidConfig, "the secret REPUTATION_TOKEN is not listed"));
    ulong request;
    random((cast(ubyte*) &request)[0 .. request.sizeof]);
    char[20] id = void;
    Header[2] headers = [
        Header("authorization", join(bearer[], "Bearer ", known)),
        Header("x-request-id", written(id[], request >> 1)),
    ];
    immutable began = monotonicNs();
    immutable status = httpSend("GET", join(url[], service, "/", address), headers[], "", scratch[]);
    histogram("answer_ms", (monotonicNs() - began) / 1e6);
    if (status == Http.unreachable) return fails(why, failure(Code.unavailable, httpError(said[])).retryable());
    if (status < 0) return fails(why, failure(Code.internal, httpError(said[])));
    if (status < 200 || status > 299) {
        long seconds = number(httpHeader("retry-after", said[]), 86_400);
        if (seconds == NO_RATING) seconds = 1;
        return fails(why, failure(Code.unavailable, "the service gave no rating").retryable().status(status).retryAfterMs(seconds * 1000));
    }
    rated = number(httpBody(said[]), 100);
    if (rated == NO_RATING) return fails(why, failure(Code.unavailable, "the service's answer is no rating"));
    long remember = REMEMBER_MS;
    config("remember_ms").integer(remember);
    if (kvSet(key, written(id[], rated), remember) != Kv.ok) log(Level.warn, kvError(said[]));
    return true;
}

bool fails(ref Answer why, Answer answer) {
    why = answer;
    return false;
}

/// Texts one behind the other; what is too much is cut.
const(char)[] join(return scope char[] buffer, scope const(char)[][] parts...) {
    size_t size;
    foreach (part; parts)
        foreach (letter; part)
            if (size < buffer.length) buffer[size++] = letter;
    return buffer[0 .. size];
}

bool isSpace(char letter) { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }

/// Digits, with space around them, as a number from 0 to `most`.
long number(scope const(char)[] digits, long most) {
    while (digits.length && isSpace(digits[0])) digits = digits[1 .. $];
    while (digits.length && isSpace(digits[$ - 1])) digits = digits[0 .. $ - 1];
    if (digits.length == 0) return NO_RATING;
    long sum;
    foreach (digit; digits) {
        if (digit < '0' || digit > '9') return NO_RATING;
        sum = sum * 10 + (digit - '0');
        if (sum > most) return NO_RATING;
    }
    return sum;
}

const(char)[] written(return scope char[] buffer, long value) {
    auto json = Json(buffer);
    json.integer(value);
    return json.written;
}
