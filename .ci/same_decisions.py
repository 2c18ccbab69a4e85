"""Compares decisions that two modules of the same stage led to, one a line: same_decisions.py EXPECTED FOUND. What a module costs and which it is may
differ, as in tests/sdks.rs."""

import json
import sys

OWN = {"fuel", "memory", "module", "time_us", "at_us", "now", "id"}


def comparable(value):
    if isinstance(value, dict):
        return {key: comparable(kept) for key, kept in value.items() if key not in OWN}
    return [comparable(item) for item in value] if isinstance(value, list) else value


def read(path):
    with open(path, encoding="utf-8") as file:
        return [comparable(json.loads(line)) for line in file if line.startswith("{")]


expected, found = map(read, sys.argv[1:])
if not expected or len(expected) != len(found):
    sys.exit(f"{len(found)} decisions, expected {len(expected)}")
for number, (one, other) in enumerate(zip(expected, found), 1):
    if json.dumps(one) != json.dumps(other):
        sys.exit(f"event {number}:\n  expected {json.dumps(one)}\n  found    {json.dumps(other)}")
