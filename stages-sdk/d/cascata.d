/// Write a Cascata stage in D, as `-betterC` with LDC: this file, no runtime, no heap.
///
///     import cascata;
///
///     enum { AMOUNT }
///     mixin CascataStage!(`"name": "amount-check", "version": "1.0.0", "fields": ["amount"], "results": ["pass", "review"]`, run);
///
///     Answer run(Event event) {
///         double amount;
///         if (!event[AMOUNT].number(amount)) return failure(Code.invalidInput, "amount is not a number");
///         return outcome(amount > 1000 ? "review" : "pass").confidence(0.9);
///     }
///
///     ldc2 -mtriple=wasm32-unknown-unknown-wasm -mattr=+bulk-memory -betterC -Oz -c -i -of=stage.o stage.d
///     wasm-ld --no-entry -z stack-size=16384 --strip-all --export=stage_run -o stage.wasm stage.o
///
/// The members of the manifest are JSON, written as they are. A value stands for a field of the event and is read lazily, into buffers that
/// the caller gives; it is good for one call of the stage. What a cascade may allow beyond that is in `cascata_capabilities.d`. Tests import
/// `cascata_testing.d` and link `cascata_test.c` of the C SDK.
module cascata;

@nogc nothrow:

/// Makes the stage's export and its manifest. Once a module, outside of functions.
mixin template CascataStage(string members, alias run) {
    version (WebAssembly) {
        extern (C) export int stage_run() @nogc nothrow {
            embedManifest!members();
            return run(Event()).give();
        }
    } else {
        extern (C) int stage_run() @nogc nothrow {
            return run(Event()).give();
        }

        extern (C) export __gshared immutable char[manifestOf!members.length + 1] cascata_manifest_json = manifestOf!members ~ '\0';
    }
}

/// The whole manifest.
enum manifestOf(string members) = `{"abi":"cascata_v1","sdk":"d 0.1.0",` ~ members ~ `}`;

version (WebAssembly) {
    pragma(LDC_inline_ir) R inlineIREx(string prefix, string code, string suffix, R, P...)(P);

    /// Puts the manifest into the module: text of the assembler, within a module of LLVM's.
    void embedManifest(string members)() {
        inlineIREx!("module asm \".section \\22.custom_section.cascata-manifest\\22,\\22\\22,@\"\nmodule asm \".ascii \\22"
                ~ quoted!(manifestOf!members) ~ "\\22\"\n", `ret void`, ``, void)();
    }

    /// What a failed check calls, an index beyond its array for instance: a log line, then a trap, which the host reports with a backtrace.
    extern (C) void __assert(scope const char* message, scope const char*, int) {
        import ldc.intrinsics : llvm_trap;

        uint size;
        while (message[size] != 0) size++;
        cascata_import_log(Level.error, message, size);
        llvm_trap();
    }

    /// A text as it stands in a literal of the assembler within one of LLVM's; by halves, for the compiler's depth limit.
    template quoted(string text) {
        static if (text.length > 1) enum quoted = quoted!(text[0 .. $ / 2]) ~ quoted!(text[$ / 2 .. $]);
        else static if (text == `"`) enum quoted = `\5C\22`;
        else static if (text == `\`) enum quoted = `\5C\5C\5C\5C`;
        else static if (text == "\n") enum quoted = ` `;
        else enum quoted = text;
    }
}

/// What a value is.
enum Kind { missing, null_, bool_, int_, float_, text, array, object, stale }

/// A field of the event or of the configuration: bits 63..56 its kind, 55..32 a length, 31..0 a handle.
struct Value {
@nogc nothrow:
    private long tagged;

    private uint handle() const { return cast(uint) tagged; }

    Kind kind() const {
        immutable tag = cast(ulong) tagged >> 56;
        return tag < Kind.stale ? cast(Kind) tag : Kind.stale;
    }

    /// Missing or null, which conditions treat alike.
    bool isNil() const { return kind <= Kind.null_; }
    bool isTrue() const { return kind == Kind.bool_ && handle != 0; }
    private bool isNumber() const { return kind == Kind.int_ || kind == Kind.float_; }

    /// A number; false and `value` untouched for anything else.
    bool number(ref double value) const {
        if (!isNumber) return false;
        value = cascata_import_as_f64(handle);
        return true;
    }

    /// A number without fraction, within 64 bits.
    bool integer(ref long value) const { return isNumber && cascata_import_as_i64(handle, &value) == 0; }

    /// A text, copied into `buffer`; null for anything else and for texts longer than it.
    const(char)[] text(return scope char[] buffer) const {
        if (kind != Kind.text) return null;
        immutable size = cascata_import_read(handle, buffer.ptr, cast(uint) buffer.length);
        return size >= 0 && size <= buffer.length ? buffer.ptr[0 .. size] : null;
    }

    /// Whether it is this text, of at most 256 bytes.
    bool isText(scope const(char)[] other) const {
        char[256] buffer = void;
        const own = text(buffer[]);
        return own.ptr !is null && same(own, other);
    }

    /// An entry of an object; missing in anything else.
    Value get(scope const(char)[] key) const {
        return kind == Kind.object ? Value(cascata_import_child(handle, key.ptr, cast(uint) key.length)) : Value();
    }

    /// An element of an array, or the value of an object's entry, by position.
    Value at(uint index) const {
        return kind == Kind.array || kind == Kind.object ? Value(cascata_import_at(handle, index)) : Value();
    }

    /// The key of an object's entry by position.
    Value keyAt(uint index) const { return kind == Kind.object ? Value(cascata_import_key_at(handle, index)) : Value(); }

    /// Elements of an array, entries of an object, bytes of a text; 0 for anything else.
    uint length() const {
        if (kind < Kind.text || kind == Kind.stale) return 0;
        immutable len = cascata_import_len(handle);
        return len < 0 ? 0 : len;
    }

    /// `foreach (item; value)` goes through the elements of an array; none for any other kind.
    int opApply(scope int delegate(Value) @nogc nothrow each) const {
        immutable count = kind == Kind.array ? length : 0;
        foreach (index; 0 .. count)
            if (immutable stop = each(at(index))) return stop;
        return 0;
    }
}

/// Whether two texts are the same; the operator would call the C library.
bool same(scope const(char)[] a, scope const(char)[] b) {
    if (a.length != b.length) return false;
    foreach (i, c; a)
        if (c != b[i]) return false;
    return true;
}

/// The event. `event[N]` is the manifest's n-th field.
struct Event {
@nogc nothrow:
    Value opIndex(uint slot) const { return Value(cascata_import_get(slot)); }

    /// Any field: "items[0].price", "stages.A.result".
    Value path(scope const(char)[] text) const {
        immutable slot = cascata_import_slot(text.ptr, cast(uint) text.length);
        return slot < 0 ? Value() : this[slot];
    }
}

/// A key of the stage's `with:` block; "" is the whole block.
Value config(scope const(char)[] key) { return Value(cascata_import_get_cfg(key.ptr, cast(uint) key.length)); }

/// The kinds of failure.
enum Code { invalidInput, invalidConfig, unavailable, internal }

/// What a stage returns; made by `outcome` and `failure`.
struct Answer {
@nogc nothrow:
    private const(char)[] text;
    private bool isOutcome;
    private double sure = double.nan;
    private Code code;
    private bool mayRetry;
    private int status_;
    private long wait = -1;

    /// How sure the stage is, 0 to 1.
    ref Answer confidence(double confidence) return { sure = confidence; return this; }
    ref Answer retryable() return { mayRetry = true; return this; }
    /// Such as 503.
    ref Answer status(int status) return { status_ = status; return this; }
    ref Answer retryAfterMs(long ms) return { wait = ms; return this; }

    /// Hands it to the host.
    int give() const {
        if (isOutcome) cascata_import_set_result(text.ptr, cast(uint) text.length, sure);
        else cascata_import_fail(code, status_, wait, mayRetry, text.ptr, cast(uint) text.length);
        return !isOutcome;
    }
}

/// A result.
Answer outcome(const(char)[] label) {
    Answer answer = { text: label, isOutcome: true };
    return answer;
}

/// Why there is none. Trying again does not help unless it says so.
Answer failure(Code code, const(char)[] message) {
    Answer answer = { text: message, code: code };
    return answer;
}

/// JSON written into a buffer; one too short is refused where it is used.
struct Json {
@nogc nothrow:
    private char[] buffer;
    private size_t size;
    private bool comma, overflow;

    this(return scope char[] buffer) { this.buffer = buffer; }

    /// What was written so far; null if it did not fit.
    const(char)[] written() const return { return overflow ? null : buffer[0 .. size]; }

    private void raw(scope const(char)[] text) {
        foreach (c; text) {
            if (size < buffer.length) buffer[size++] = c;
            else overflow = true;
        }
    }

    private void separate() {
        if (comma) raw(",");
        comma = true;
    }

    /// "{" or "[".
    void open(string bracket) { separate(); raw(bracket); comma = false; }
    /// "}" or "]".
    void close(string bracket) { raw(bracket); comma = true; }
    void key(scope const(char)[] name) { text(name); raw(":"); comma = false; }
    void none() { separate(); raw("null"); }
    void boolean(bool truth) { separate(); raw(truth ? "true" : "false"); }

    void text(scope const(char)[] value) {
        static immutable hex = "0123456789abcdef";
        separate();
        raw("\"");
        foreach (c; value) {
            if (c == '"' || c == '\\') { raw("\\"); raw((&c)[0 .. 1]); }
            else if (c == '\n') raw("\\n");
            else if (c == '\r') raw("\\r");
            else if (c == '\t') raw("\\t");
            else if (c < ' ') { raw("\\u00"); raw(hex[c >> 4 .. (c >> 4) + 1]); raw(hex[c & 15 .. (c & 15) + 1]); }
            else raw((&c)[0 .. 1]);
        }
        raw("\"");
    }

    void integer(long value) {
        char[20] digits = void;
        size_t start = digits.length;
        ulong rest = value < 0 ? 0 - cast(ulong) value : value;
        do {
            digits[--start] = cast(char)('0' + rest % 10);
            rest /= 10;
        } while (rest != 0);
        separate();
        if (value < 0) raw("-");
        raw(digits[start .. $]);
    }
}

/// The stage's data, once a call: an object that later rules read as `stages.NAME.data`. False if it did not fit its buffer.
bool data(ref const Json json) {
    if (!json.overflow) cascata_import_set_data(json.buffer.ptr, cast(uint) json.size);
    return !json.overflow;
}

/// A write to the event, done when the stage has succeeded; false if the path can't be written.
bool set(scope const(char)[] path, ref const Json json) {
    return !json.overflow && cascata_import_set(path.ptr, cast(uint) path.length, json.buffer.ptr, cast(uint) json.size) == 0;
}

/// The same for an integer.
bool set(scope const(char)[] path, long value) {
    char[21] buffer = void;
    auto json = Json(buffer[]);
    json.integer(value);
    return set(path, json);
}

/// How much a log line matters.
enum Level { trace, debug_, info, warn, error }

/// A line of the stage's log.
void log(Level level, scope const(char)[] message) { cascata_import_log(level, message.ptr, cast(uint) message.length); }

/// Which attempt this is, from 1.
long attempt() { return cascata_import_meta(0); }
/// Milliseconds left before the host ends the call.
long remainingMs() { return cascata_import_meta(1); }

private:

version (WebAssembly) import ldc.attributes : llvmAttr;
else struct llvmAttr { string key, value; }

enum from = llvmAttr("wasm-import-module", "cascata_v1");
enum named(string name) = llvmAttr("wasm-import-name", name);

extern (C):
@from @named!"slot" int cascata_import_slot(scope const char*, uint);
@from @named!"get" long cascata_import_get(uint);
@from @named!"get_cfg" long cascata_import_get_cfg(scope const char*, uint);
@from @named!"child" long cascata_import_child(uint, scope const char*, uint);
@from @named!"at" long cascata_import_at(uint, uint);
@from @named!"len" int cascata_import_len(uint);
@from @named!"key_at" long cascata_import_key_at(uint, uint);
@from @named!"read" int cascata_import_read(uint, scope char*, uint);
@from @named!"as_f64" double cascata_import_as_f64(uint);
@from @named!"as_i64" int cascata_import_as_i64(uint, scope long*);
@from @named!"log" void cascata_import_log(int, scope const char*, uint);
@from @named!"set_result" void cascata_import_set_result(scope const char*, uint, double);
@from @named!"set_data" void cascata_import_set_data(scope const char*, uint);
@from @named!"set" int cascata_import_set(scope const char*, uint, scope const char*, uint);
@from @named!"fail" void cascata_import_fail(int, int, long, int, scope const char*, uint);
@from @named!"meta" long cascata_import_meta(int);
