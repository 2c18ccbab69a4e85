"""Learns the two attack models of `flow_triage.yaml` and writes their weights.

    python3 examples/train/train_flows.py

FAST (guest flow_additive): logistic regression on binned fields, so each field has a curve of its own.
DEEP (guest flow_trees): gradient-boosted trees of depth 3 on the same bins.
What is fitted on the first 60 % of ids is calibrated on the next 20 % and reported on the last 20 %.
"""

from bisect import bisect_left

import common

GROUPS = ("flow", "login", "window", "dst_host")
NAMES = (("flow", "protocol_type"), ("flow", "service"), ("flow", "flag"))
BINS, TREES, DEPTH, RATE = 12, 120, 3, 0.3
SMOOTH, LEAST, LEAF_STEP = 2.0, 3.0, 0.02


def cut(values, most):
    """Where to cut a field: midpoints between neighbouring values, at quantiles, and above the smallest value."""
    ordered, distinct = sorted(values), sorted(set(values))
    between = lambda at: (distinct[at] + distinct[at + 1]) / 2
    if len(distinct) <= most:
        return [between(at) for at in range(len(distinct) - 1)]
    place = {value: at for at, value in enumerate(distinct)}
    cuts = {between(0)}
    for part in range(1, most):
        at = place[ordered[part * len(ordered) // most]]
        if at + 1 < len(distinct):
            cuts.add(between(at))
    return sorted(cuts)


class Fields:
    """Number fields with cuts, name fields with the names met in the part to fit."""

    def __init__(self, fit):
        self.numbers = [(g, k) for g in GROUPS for k, v in fit[0][g].items() if not isinstance(v, str)]
        self.cuts = [cut([float(e[g][k]) for e in fit], BINS) for g, k in self.numbers]
        keep = [at for at, cuts in enumerate(self.cuts) if cuts]
        self.numbers, self.cuts = [self.numbers[at] for at in keep], [self.cuts[at] for at in keep]
        self.names = []
        for g, k in NAMES:
            counts = {}
            for event in fit:
                seen = counts.setdefault(event[g][k], [0, 0])
                seen[event["label"]["attack"]] += 1
            # By rate of attacks (Laplace), so that a tree can cut the order once.
            self.names.append(sorted(counts, key=lambda n: ((counts[n][1] + 1) / (sum(counts[n]) + 2), n)))
        self.rank = [{name: at for at, name in enumerate(names)} for names in self.names]

    def bins(self, event):
        """A bin for each number field, then a rank for each name field (the middle one for a name never met)."""
        row = [bisect_left(cuts, float(event[g][k])) for (g, k), cuts in zip(self.numbers, self.cuts)]
        return row + [rank.get(event[g][k], len(rank) // 2) for (g, k), rank in zip(NAMES, self.rank)]

    def known(self, event):
        return [event[g][k] in rank for (g, k), rank in zip(NAMES, self.rank)]


def additive_rows(fields, events):
    """One weight a bin of a number, one a known name."""
    starts, width = [], 0
    for size in [len(cuts) + 1 for cuts in fields.cuts] + [len(names) for names in fields.names]:
        starts.append(width)
        width += size
    rows = []
    for event in events:
        flags = [True] * len(fields.cuts) + fields.known(event)
        rows.append([(start + at, 1.0) for start, at, known in zip(starts, fields.bins(event), flags) if known])
    return rows, starts, width


class Boost:
    """Gradient boosting with second-order leaves, on binned columns. Leaves are cut to whole steps as they are grown,
    so that later trees mend what the cutting costs."""

    def __init__(self, rows, labels):
        self.rows, self.labels = rows, labels
        self.columns = list(zip(*rows))
        self.sizes = [max(column) + 1 for column in self.columns]
        self.trees = []

    def fit(self, trees):
        scores = [0.0] * len(self.rows)
        for _ in range(trees):
            slopes = [common.sigmoid(z) - y for z, y in zip(scores, self.labels)]
            curves = [s * (1 - s) for s in (common.sigmoid(z) for z in scores)]
            tree = self.grow(list(range(len(self.rows))), slopes, curves, DEPTH)
            self.trees.append(tree)
            for at, row in enumerate(self.rows):
                scores[at] += leaf(tree, row) * LEAF_STEP

    def grow(self, places, slopes, curves, depth):
        slope, curve = sum(slopes[p] for p in places), sum(curves[p] for p in places)
        value = max(-common.REACH, min(common.REACH, round(-slope / (curve + SMOOTH) * RATE / LEAF_STEP)))
        split = self.best_split(places, slopes, curves, slope, curve) if depth else None
        if split is None:
            return value
        field, at = split
        column = self.columns[field]
        low = self.grow([p for p in places if column[p] <= at], slopes, curves, depth - 1)
        high = self.grow([p for p in places if column[p] > at], slopes, curves, depth - 1)
        return (field, at, low, high)

    def best_split(self, places, slopes, curves, slope, curve):
        best, found = 0.01, None
        base = slope * slope / (curve + SMOOTH)
        for field, column in enumerate(self.columns):
            slope_of, curve_of = [0.0] * self.sizes[field], [0.0] * self.sizes[field]
            for p in places:
                slope_of[column[p]] += slopes[p]
                curve_of[column[p]] += curves[p]
            low_slope = low_curve = 0.0
            for at in range(self.sizes[field] - 1):
                low_slope += slope_of[at]
                low_curve += curve_of[at]
                high_slope, high_curve = slope - low_slope, curve - low_curve
                if low_curve < LEAST or high_curve < LEAST:
                    continue
                gain = low_slope**2 / (low_curve + SMOOTH) + high_slope**2 / (high_curve + SMOOTH) - base
                if gain > best:
                    best, found = gain, (field, at)
        return found


def leaf(tree, row):
    while isinstance(tree, tuple):
        tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
    return tree


def flatten(tree, depth):
    """A full tree of the given depth: splits level by level, then leaves. Bin 255 sends all to the left."""
    splits, level = [], [tree]
    for _ in range(depth):
        splits += [(node[0], node[1]) if isinstance(node, tuple) else (0, 255) for node in level]
        level = [kid for node in level for kid in (node[2:] if isinstance(node, tuple) else (node, node))]
    return splits, level


def constant(group, key):
    return f"{group}_{key}".upper()


def write_additive(fields, starts, table, step, bias):
    numbers = ""
    for (g, k), cuts, start in zip(fields.numbers, fields.cuts, starts):
        weights = table[start : start + len(cuts) + 1]
        numbers += (
            f'    (Number {{ slot: {constant(g, k)}, path: "{g}.{k}", cuts: &{cuts!r} }}, br"{weights}"),\n'
        )
    names = ""
    for (g, k), known, start in zip(NAMES, fields.names, starts[len(fields.cuts) :]):
        rows = sorted((common.fnv1a(name.encode()), table[start + at]) for at, name in enumerate(known))
        names += name_field(g, k, rows, "b'P'", lambda c: f"b'{c}'" if c not in "'\\" else f"b'\\{c}'")
    common.write_rust(
        "flow_additive",
        "use shared::flow::{Name, Number};\n\nuse crate::*;\n\n"
        f"/// What one step of a weight is worth.\npub const STEP: f64 = {step!r};\n\n"
        f"/// The score before any field is read.\npub const BIAS: f64 = {bias!r};\n\n"
        "/// Fields of numbers, with one character of weight a bin.\n#[rustfmt::skip]\n"
        f"pub const NUMBERS: &[(Number, &[u8])] = &[\n{numbers}];\n\n"
        "/// Fields of names; the number of a name is its character of weight.\n#[rustfmt::skip]\n"
        f"pub const NAMES: &[Name] = &[\n{names}];\n",
        "train_flows.py",
    )


def name_field(group, key, rows, unknown, show):
    lines, line = "", "       "
    for hashed, value in rows:
        entry = f" (0x{hashed:08X}, {show(value)}),"
        if len(line) + len(entry) > 110:
            lines, line = lines + line + "\n", "       "
        line += entry
    head = f'    Name {{ slot: {constant(group, key)}, path: "{group}.{key}", unknown: {unknown}, known: &[\n'
    return head + lines + line + "\n    ] },\n"


def write_trees(fields, trees, scale, shift):
    flat = [flatten(tree, DEPTH) for tree in trees]
    total = len(fields.cuts) + len(NAMES)
    used = sorted({field for splits, _ in flat for field, at in splits if at != 255})
    place = {field: at for at, field in enumerate(used)}
    numbers = "".join(
        f'    Number {{ slot: {constant(*fields.numbers[f])}, path: "{".".join(fields.numbers[f])}", cuts: &{fields.cuts[f]!r} }},\n'
        for f in used
        if f < len(fields.cuts)
    )
    names = ""
    for f in (f for f in used if f >= len(fields.cuts)):
        g, k = NAMES[f - len(fields.cuts)]
        known = fields.names[f - len(fields.cuts)]
        rows = sorted((common.fnv1a(name.encode()), at) for at, name in enumerate(known))
        names += name_field(g, k, rows, len(known) // 2, str)
    rows = ""
    for splits, leaves in flat:
        cuts = ", ".join(f"({place.get(field, 0)}, {at})" for field, at in splits)
        rows += f'    Tree {{ splits: [{cuts}], leaves: *br"{"".join(chr(common.ZERO + value) for value in leaves)}" }},\n'
    common.write_rust(
        "flow_trees",
        "use shared::flow::{Name, Number};\n\nuse crate::*;\n\n"
        f"/// What one step of a leaf is worth.\npub const STEP: f64 = {LEAF_STEP * scale!r};\n\n"
        f"/// The score before any tree.\npub const BIAS: f64 = {shift!r};\n\n"
        "/// Fields of numbers: the first columns of a row.\n#[rustfmt::skip]\n"
        f"pub const NUMBERS: &[Number] = &[\n{numbers}];\n\n"
        "/// Fields of names, by rising share of attacks: the columns after them.\n#[rustfmt::skip]\n"
        f"pub const NAMES: &[Name] = &[\n{names}];\n\n"
        "/// The trees, in the order they were grown.\n#[rustfmt::skip]\n"
        f"pub const TREES: &[Tree] = &[\n{rows}];\n",
        "train_flows.py",
    )
    print(f"trees use {len(used)} of {total} fields")


def main():
    fit, tune, report = common.split(common.read_events("network_flows.ndjson.gz"))
    label = lambda part: [1 if event["label"]["attack"] else 0 for event in part]
    print(f"flows: {len(fit)} to fit, {len(tune)} to tune, {len(report)} to report")
    fields = Fields(fit)

    rows, starts, width = additive_rows(fields, fit)
    weights, bias = common.fit_logistic(rows, label(fit), width, epochs=6, rate=0.2, l2=3e-4, seed=7)
    table, step = common.quantise(weights)
    weights = common.dequantise(table, step)
    additive = lambda part: [bias + sum(weights[at] for at, _ in row) for row in additive_rows(fields, part)[0]]
    scale, shift = common.fit_dense([[z] for z in additive(tune)], label(tune))

    boost = Boost([fields.bins(event) for event in fit], label(fit))
    boost.fit(TREES)
    boosted = lambda part: [sum(leaf(t, fields.bins(e)) for t in boost.trees) * LEAF_STEP for e in part]
    tree_scale, tree_shift = common.fit_dense([[z] for z in boosted(tune)], label(tune))
    print(f"calibration: additive {scale:.3f} {shift:+.3f}, trees {tree_scale:.3f} {tree_shift:+.3f}")

    for name, part in (("tune", tune), ("report", report)):
        fast = [common.sigmoid(scale * z + shift) for z in additive(part)]
        deep = [common.sigmoid(tree_scale * z + tree_shift) for z in boosted(part)]
        common.show(f"{name}: FAST alone", common.scores(label(part), [p >= 0.5 for p in fast]))
        common.show(f"{name}: DEEP on every flow", common.scores(label(part), [p >= 0.5 for p in deep]))
        if name == "report":
            continue  # thresholds are chosen on the part to tune only
        for sure in (0.95, 0.98, 0.99):
            kept = [(p >= 0.5) == bool(t) for p, t in zip(fast, label(part)) if max(p, 1 - p) >= sure]
            print(f"    FAST sure at {sure}: {len(kept) / len(part):.1%} of flows, {kept.count(False)} wrong")

    write_additive(fields, starts, table, step * scale, bias * scale + shift)
    write_trees(fields, boost.trees, tree_scale, tree_shift)

    samples = [event for event in common.read_samples("flow_triage") if "flow" in event]
    rows = zip(samples, additive(samples), boosted(samples))
    common.write_scores(
        "flow_triage",
        [{"id": e["id"], "FAST": round(scale * f + shift, 4), "DEEP": round(tree_scale * d + tree_shift, 4)} for e, f, d in rows],
    )


if __name__ == "__main__":
    main()
