"""What both training scripts share: the data, the split, the hash, the fit, the scores, the weight file.

Only Python's standard library is used, every random choice has a fixed seed, and no set or dict order
reaches a result, so a script run twice writes the same bytes.
"""

import gzip
import json
import math
import os
import random
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent
GUESTS = EXAMPLES / "stages" / "rust"


def data_file(name):
    """Where a data file lies: under $CASCATA_SHARED, or beside the project in ../shared."""
    shared = os.environ.get("CASCATA_SHARED")
    root = Path(shared) if shared else EXAMPLES.parent.parent / "shared"
    path = root / "data" / name
    if not path.exists():
        raise SystemExit(f"{path} is missing; set CASCATA_SHARED to the folder that holds data/{name}")
    return path


def read_events(name):
    """All events of a compressed file of JSON lines."""
    with gzip.open(data_file(name), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def fnv1a(data, state=0x811C9DC5):
    """FNV-1a over bytes, 32 bits: the hash the guests use (shared/src/hash.rs)."""
    for byte in data:
        state = ((state ^ byte) * 0x01000193) & 0xFFFFFFFF
    return state


def spread(state):
    """The final mix of MurmurHash3: FNV's low bits alone are a poor bucket number."""
    state ^= state >> 16
    state = (state * 0x85EBCA6B) & 0xFFFFFFFF
    state ^= state >> 13
    state = (state * 0xC2B2AE35) & 0xFFFFFFFF
    return state ^ (state >> 16)


def split(events):
    """60 % to fit, 20 % to tune, 20 % to report, by a hash of the id: stable, and blind to order."""
    parts = {"fit": [], "tune": [], "report": []}
    for event in events:
        place = spread(fnv1a(event["id"].encode())) % 100
        parts["fit" if place < 60 else "tune" if place < 80 else "report"].append(event)
    return parts["fit"], parts["tune"], parts["report"]


def sigmoid(z):
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0 else math.exp(z) / (1.0 + math.exp(z))


def fit_logistic(rows, labels, width, *, epochs, rate, l2, seed, positive_weight=1.0):
    """Logistic regression on sparse rows of (index, value), by AdaGrad.

    The penalty is applied to the weights a row touches, in proportion: rare features shrink too.
    Returns (weights, bias).
    """
    weights, squares = [0.0] * width, [1e-8] * width
    bias, bias_square = 0.0, 1e-8
    order, shuffler = list(range(len(rows))), random.Random(seed)
    for _ in range(epochs):
        shuffler.shuffle(order)
        for place in order:
            row, label = rows[place], labels[place]
            z = bias
            for index, value in row:
                z += weights[index] * value
            slope = sigmoid(z) - label
            if label:
                slope *= positive_weight
            bias_square += slope * slope
            bias -= rate * slope / math.sqrt(bias_square)
            for index, value in row:
                grad = slope * value + l2 * weights[index]
                squares[index] += grad * grad
                weights[index] -= rate * grad / math.sqrt(squares[index])
    return weights, bias


def fit_dense(rows, labels, *, steps=4000, rate=0.1):
    """Plain gradient descent for a handful of features (calibration of a score). Last value: the bias."""
    width = len(rows[0])
    weights, squares = [0.0] * (width + 1), [1e-8] * (width + 1)
    for _ in range(steps):
        grads = [0.0] * (width + 1)
        for row, label in zip(rows, labels):
            slope = sigmoid(sum(w * x for w, x in zip(weights, row)) + weights[-1]) - label
            for index, value in enumerate(row):
                grads[index] += slope * value
            grads[-1] += slope
        for index, grad in enumerate(grads):
            grad /= len(rows)
            squares[index] += grad * grad
            weights[index] -= rate * grad / math.sqrt(squares[index])
    return weights


def scores(truth, verdict):
    """Precision, recall, F1 and accuracy of True/False verdicts."""
    pairs = list(zip(truth, verdict))
    hit = sum(1 for t, v in pairs if t and v)
    false_alarm = sum(1 for t, v in pairs if v and not t)
    missed = sum(1 for t, v in pairs if t and not v)
    precision = hit / (hit + false_alarm) if hit + false_alarm else 0.0
    recall = hit / (hit + missed) if hit + missed else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    right = sum(1 for t, v in pairs if t == v) / len(pairs) if pairs else 0.0
    return {"n": len(pairs), "precision": precision, "recall": recall, "f1": f1, "accuracy": right}


def show(name, measured):
    print(
        f"{name:<34} n {measured['n']:>6}  precision {measured['precision']:.4f}  recall {measured['recall']:.4f}"
        f"  F1 {measured['f1']:.4f}  accuracy {measured['accuracy']:.4f}"
    )


# One printable character a weight, from '#' to '}': 'P' is zero. A table stays small in the module
# (one byte a weight) and in the source, and a diff of it is text.
ZERO, REACH = ord("P"), 45


def quantise(weights):
    """(characters, step): weight = (character - 'P') * step."""
    top = max((abs(w) for w in weights), default=0.0)
    step = top / REACH if top else 1.0
    return "".join(chr(ZERO + round(w / step)) for w in weights), step


def dequantise(characters, step):
    return [(ord(c) - ZERO) * step for c in characters]


def rust_table(name, doc, characters, width=96):
    """A table of characters as Rust source, cut in lines."""
    lines = [characters[at : at + width] for at in range(0, len(characters), width)]
    body = "\n".join(f'    r"{line}",' for line in lines)
    return f"/// {doc}\npub const {name}: &[u8] = concat!(\n{body}\n)\n.as_bytes();\n"


def write_rust(crate, text, script):
    """Writes `weights.rs` of a guest crate."""
    path = GUESTS / crate / "src" / "weights.rs"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"//! Learned weights. Written by `examples/train/{script}`; do not edit by hand.\n\n"
    path.write_text(head + text, encoding="utf-8")
    print(f"wrote {path.relative_to(EXAMPLES.parent)} ({path.stat().st_size} bytes)")


def write_scores(cascade, rows):
    """What the models say about the sample events, computed here: the stages are tested against it."""
    path = EXAMPLES / "expected" / f"{cascade}.scores.ndjson"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    print(f"wrote {path.relative_to(EXAMPLES.parent)}")


def read_samples(cascade):
    """The sample events that come with a cascade."""
    with open(EXAMPLES / "events" / f"{cascade}.ndjson", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
