#!/usr/bin/env python3
"""Makes the tables of README.md and docs/performance.md from raw data.

Usage: table.py FOLDER [--check]
FOLDER has the peers_*.jsonl that `benches/peers/run` wrote. The text between `<!-- peers: NAME -->` and `<!-- /peers -->` is replaced
in both files; with --check nothing is written and the status is 1 where a file is not what the data makes of it.
"""
import json, pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(sys.argv[1]).resolve()
FILES = [ROOT / "README.md", ROOT / "docs" / "performance.md"]


def rows(name):
    path = FOLDER / f"peers_{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def number(ns):
    return f"{ns:,.0f}" if ns >= 10 else f"{ns:.1f}"


def ours(row):
    return row["contender"].startswith("cascata")


def distinct(values):
    return list(dict.fromkeys(values))


def bold(text, row):
    return f"**{text}**" if ours(row) else text


def grid(data, first, cell, order=None):
    """A line for each contender, a column for each case."""
    cases, names = distinct(row["case"] for row in data), distinct(row["contender"] for row in data)
    if order:
        names.sort(key=order)
    at = {(row["case"], row["contender"]): row for row in data}
    lines = [f"| {first} | " + " | ".join(cases) + " |", "|---" * (len(cases) + 1) + "|"]
    for name in names:
        cells = [cell(at[case, name]) if (case, name) in at else "" for case in cases]
        title = f"**{name}**" if name.startswith("cascata") else name
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def timed(row):
    if "failed" in row:
        return "takes too long" if row["failed"] == 124 else "no answer"
    text = number(row["ns"])
    return bold(text, row) + (f" ({row['wrong']:,} counts wrong)" if row.get("wrong") else "")


def reading():
    return grid(rows("reading"), "ns an event", timed)


def rules():
    return grid(rows("rules"), "ns an event", timed)


def many():
    lines = []
    data = rows("many")
    for mix in distinct(row["case"].split(", ")[0] for row in data):
        part = [dict(row, case=f"{int(row['case'].split(', ')[1]):,}") for row in data if row["case"].startswith(mix + ",")]
        lines += grid(part, f"{mix}: ns of CPU time an event, by rules", timed) + [""]
    last = [row for row in data if row["case"].endswith(", 100000") and "bytes" in row]
    if last:
        lines += grid([dict(row, case=row["case"].split(", ")[0]) for row in last], "memory at 100,000 rules", lambda row: bold(f"{row['bytes'] / 1e6:,.0f} MB", row))
    return lines


def compile_():
    data = [row for row in rows("compile") if row["case"].split("_")[-1].isdigit()]
    part = [dict(row, case=f"{int(row['case'].split('_')[1]):,}", contender=f"cascata, {row['case'].split('_')[0]}") for row in data]
    return grid(part, "ms to compile rules as JSON lines", lambda row: number(row["ms"]))


def main():
    tables = {"reading": reading, "rules": rules, "many": many, "compile": compile_}
    stale = []
    for path in FILES:
        text = path.read_text()

        def fill(found):
            lines = tables[found.group(1)]()
            return f"<!-- peers: {found.group(1)} -->\n" + "\n".join(lines).rstrip() + "\n<!-- /peers -->" if lines else found.group(0)

        made = re.sub(r"<!-- peers: (\w+) -->\n.*?<!-- /peers -->", fill, text, flags=re.S)
        if made != text:
            stale.append(path)
            if "--check" not in sys.argv:
                path.write_text(made)
    for path in stale:
        print(f"{path.relative_to(ROOT)}: {'stale' if '--check' in sys.argv else 'written'}")
    sys.exit(1 if stale and "--check" in sys.argv else 0)


main()
