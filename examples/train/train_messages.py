"""Learns the two spam models of `message_moderation.yaml` and writes their weights.

    python3 examples/train/train_messages.py

FAST (guest message_tokens): logistic regression on hashed words, one weight a bucket, each bucket once.
DEEP (guest message_ngrams): the same on letter groups of 2 and 3 bytes, then a second regression over both scores.
What is fitted on the first 60 % of ids is calibrated on the next 20 % and reported on the last 20 %.
"""

import math

import common

FAST_BITS, DEEP_BITS = 12, 14
SHORTEST, LONGEST = 2, 3


def folded(byte):
    if 65 <= byte <= 90:
        return byte + 32
    return 48 if 48 <= byte <= 57 else byte


def words(text):
    """The folded words of a text: runs of ASCII letters, digits and bytes beyond ASCII."""
    word, found = bytearray(), []
    for byte in text.encode():
        byte = folded(byte)
        if byte == 48 or 97 <= byte <= 122 or byte >= 128:
            word.append(byte)
        elif word:
            found.append(bytes(word))
            word = bytearray()
    if word:
        found.append(bytes(word))
    return found


def bucket(data, bits):
    return common.spread(common.fnv1a(data)) & ((1 << bits) - 1)


def fast_row(text):
    """Buckets of the words, and of two shapes: how many digits, how long."""
    digits = sum(1 for c in text if "0" <= c <= "9")
    shapes = [bytes([1, min(digits, 31) // 2]), bytes([2, min(len(text), 255) // 20])]
    return [(index, 1.0) for index in sorted({bucket(part, FAST_BITS) for part in words(text) + shapes})]


def deep_row(text):
    """Buckets of the letter groups, scaled so that long messages weigh as much as short ones."""
    line = bytearray(b" ")
    for byte in text.encode():
        byte = 32 if byte <= 32 else folded(byte)
        if byte != 32 or line[-1] != 32:
            line.append(byte)
    if line[-1] != 32:
        line.append(32)
    found = set()
    for length in range(SHORTEST, LONGEST + 1):
        for at in range(len(line) - length + 1):
            found.add(bucket(line[at : at + length], DEEP_BITS))
    scale = 1.0 / math.sqrt(len(found)) if found else 0.0
    return [(index, scale) for index in sorted(found)]


def logit(table, step, bias, row):
    return bias + sum((ord(table[index]) - common.ZERO) * step * value for index, value in row)


def main():
    fit, tune, report = common.split(common.read_events("sms_messages.ndjson.gz"))
    label = lambda part: [1 if event["label"]["spam"] else 0 for event in part]
    texts = lambda part: [event["message"]["text"] for event in part]
    print(f"messages: {len(fit)} to fit, {len(tune)} to tune, {len(report)} to report")

    models = {}
    for name, row, bits, settings in (
        ("fast", fast_row, FAST_BITS, {"epochs": 20, "rate": 0.3, "l2": 0.003, "seed": 7}),
        ("deep", deep_row, DEEP_BITS, {"epochs": 10, "rate": 0.5, "l2": 0.0001, "seed": 7}),
    ):
        weights, bias = common.fit_logistic([row(t) for t in texts(fit)], label(fit), 1 << bits, **settings)
        table, step = common.quantise(weights)
        models[name] = (table, step, bias, row)

    raw = lambda name, part: [logit(*models[name][:3], models[name][3](t)) for t in texts(part)]
    # Platt scaling: scores of examples not fitted on become honest probabilities.
    scale, shift = common.fit_dense([[z] for z in raw("fast", tune)], label(tune))
    table, step, bias, row = models["fast"]
    models["fast"] = (table, step * scale, bias * scale + shift, row)
    # The careful model hears the quick one: both scores, weighed on the same examples.
    pairs = lambda part: [list(pair) for pair in zip(raw("deep", part), raw("fast", part))]
    own, heard, both_shift = common.fit_dense(pairs(tune), label(tune))
    print(f"DEEP = {own:.3f} * letters + {heard:.3f} * FAST + {both_shift:.3f}")

    final = lambda part: [own * d + heard * f + both_shift for d, f in pairs(part)]
    for name, part in (("tune", tune), ("report", report)):
        fast = [common.sigmoid(z) for z in raw("fast", part)]
        deep = [common.sigmoid(z) for z in final(part)]
        common.show(f"{name}: FAST alone", common.scores(label(part), [p >= 0.5 for p in fast]))
        common.show(f"{name}: DEEP on every message", common.scores(label(part), [p >= 0.5 for p in deep]))
        if name == "report":
            continue  # thresholds are chosen on the part to tune only
        for sure in (0.95, 0.97, 0.99):
            kept = [(p >= 0.5) == bool(t) for p, t in zip(fast, label(part)) if max(p, 1 - p) >= sure]
            print(f"    FAST sure at {sure}: {len(kept) / len(part):.1%} of messages, {kept.count(False)} wrong")

    table, step, bias, _ = models["fast"]
    common.write_rust(
        "message_tokens",
        "use shared::logistic::Table;\n\n"
        f"/// A weight for each bucket of words.\npub const WORDS: Table = Table {{\n    characters: WEIGHTS,\n    step: {step!r},\n}};\n\n"
        f"/// The score of an empty message.\npub const BIAS: f64 = {bias!r};\n\n"
        + common.rust_table("WEIGHTS", "One character a bucket.", table),
        "train_messages.py",
    )
    table, step, bias, _ = models["deep"]
    common.write_rust(
        "message_ngrams",
        "use shared::logistic::Table;\n\n"
        f"/// A weight for each bucket of letter groups.\npub const GROUPS: Table = Table {{\n    characters: WEIGHTS,\n    step: {step * own!r},\n}};\n\n"
        f"/// How much the quick model's score counts.\npub const HEARD: f64 = {heard!r};\n\n"
        f"/// The score of an empty message.\npub const BIAS: f64 = {bias * own + both_shift!r};\n\n"
        + common.rust_table("WEIGHTS", "One character a bucket.", table),
        "train_messages.py",
    )

    samples = [event for event in common.read_samples("message_moderation") if "text" in event["message"]]
    rows = zip(samples, raw("fast", samples), final(samples))
    common.write_scores("message_moderation", [{"id": e["id"], "FAST": round(f, 4), "DEEP": round(d, 4)} for e, f, d in rows])


if __name__ == "__main__":
    main()
