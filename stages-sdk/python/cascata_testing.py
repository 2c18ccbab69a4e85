"""Runs a stage under plain Python: the host's interfaces over Python values. Import it before the stage.

    import cascata_testing
    import stage_app

    report = cascata_testing.run(stage_app, {"amount": 1500}, config={"limit": 900})
    assert report.result == "review"

Fields by number need the manifest: `run(…, manifest=…)`.
"""

import enum
import json
import re
import sys
import types
from dataclasses import dataclass, field, make_dataclass

import cascata_testing_capabilities
from cascata_testing_capabilities import Given  # noqa: F401: for tests


@dataclass
class Report:
    """What came of a call."""

    result: str | None = None
    confidence: float | None = None
    data: dict | None = None
    writes: list = field(default_factory=list)
    logs: list = field(default_factory=list)
    failure: object = None


class Err(Exception):
    """As componentize-py raises it."""

    def __init__(self, value):
        super().__init__(value)
        self.value = value


def _module(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


_kinds = ("MISSING", "NULL", "BOOLEAN", "INTEGER", "FLOAT", "TEXT", "ARRAY", "OBJECT")
_values = {name: make_dataclass(f"Value_{name}", ["value"]) for name in ("Boolean", "Integer", "BigInteger", "Float", "Text", "Composite")}
_types = _module(
    "wit_world.imports.types",
    Kind=enum.Enum("Kind", {name: number for number, name in enumerate(_kinds)}),
    ErrorCode=enum.Enum("ErrorCode", {"INVALID_INPUT": 0, "INVALID_CONFIG": 1, "UNAVAILABLE": 2, "INTERNAL": 3}),
    Outcome=make_dataclass("Outcome", ["result", "confidence", "data"]),
    StageError=make_dataclass("StageError", ["code", "message", "retryable", "status", "retry_after_ms"]),
    Value_Missing=make_dataclass("Value_Missing", []),
    Value_Null=make_dataclass("Value_Null", []),
    **{f"Value_{name}": made for name, made in _values.items()},
)


class _Host:
    """One call's state."""

    def __init__(self, event, config, manifest, given):
        self.event, self.config, self.arena, self.given = event, config, [], given
        self.slots = list(manifest.get("fields", []))
        self.report = Report()

    def value(self, found, it=None):
        if not found:
            return _types.Value_Missing()
        if it is None:
            return _types.Value_Null()
        if isinstance(it, bool):
            return _types.Value_Boolean(it)
        if isinstance(it, int):
            return _types.Value_Integer(it) if -(2**63) <= it < 2**63 else _types.Value_BigInteger(str(it))
        if isinstance(it, float):
            return _types.Value_Float(it)
        if isinstance(it, str):
            return _types.Value_Text(it)
        self.arena.append(it)
        return _types.Value_Composite(len(self.arena) - 1)

    def child(self, of, key):
        return self.value(True, of[key]) if isinstance(of, dict) and key in of else self.value(False)

    def item(self, of, index):
        items = list(of.values()) if isinstance(of, dict) else of
        return self.value(True, items[index]) if index < len(items) else self.value(False)

    def slot(self, path):
        if path not in self.slots:
            self.slots.append(path)
        return self.slots.index(path) if path else None

    def get(self, slot):
        at = self.event
        for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", self.slots[slot]):
            key = name or int(index)
            inside = key in at if isinstance(at, dict) else isinstance(at, list) and isinstance(key, int) and key < len(at)
            if not inside:
                return self.value(False)
            at = at[key]
        return self.value(True, at)

    def set(self, path, text):
        if not path or "[" in path or path.startswith("stages."):
            raise Err("path")
        self.report.writes.append((path, json.loads(text)))


_host = None


def _kind_of(handle):
    return _types.Kind.ARRAY if isinstance(_host.arena[handle], list) else _types.Kind.OBJECT


_levels = enum.Enum("Level", {name: number for number, name in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR"))})
_interfaces = {
    "types": _types,
    "event": _module(
        "wit_world.imports.event",
        get=lambda slot: _host.get(slot),
        slot=lambda path: _host.slot(path),
        kind_of=_kind_of,
        len=lambda handle: len(_host.arena[handle]),
        child=lambda handle, key: _host.child(_host.arena[handle], key),
        item=lambda handle, index: _host.item(_host.arena[handle], index),
        keys=lambda handle, start, most: list(_host.arena[handle])[start : start + most],
        json=lambda handle: json.dumps(_host.arena[handle]),
    ),
    "config": _module(
        "wit_world.imports.config",
        get=lambda key: _host.child(_host.config, key) if key else _host.value(True, _host.config),
    ),
    "writes": _module("wit_world.imports.writes", set=lambda path, text: _host.set(path, text)),
    "logging": _module(
        "wit_world.imports.logging",
        Level=_levels,
        enabled=lambda level: True,
        log=lambda level, message: _host.report.logs.append((level.name.lower(), message)),
    ),
    "call": _module("wit_world.imports.call", attempt=lambda: 1, remaining_ms=lambda: 30_000),
}
_interfaces.update(cascata_testing_capabilities.interfaces(_module, Err, lambda: _host.given))
_module("componentize_py_types", Err=Err)
_module("wit_world", imports=_module("wit_world.imports", **_interfaces))


def run(stage, event, *, config=None, manifest=None, given=None):
    """Calls a stage's `init` and `run`, with capabilities if they are `given`. What the engine refuses is an assertion that fails."""
    global _host
    _host = _Host(event, config or {}, manifest or {}, given)
    report = _host.report
    world = stage.WitWorld()
    try:
        world.init()
        outcome = world.run()
    except Err as error:
        report.failure, report.writes = error.value, []
        return report
    report.result, report.confidence = outcome.result, outcome.confidence
    report.data = None if outcome.data is None else json.loads(outcome.data)
    labels = (manifest or {}).get("results")
    assert not labels or report.result in labels, f"the manifest does not list the result {report.result}"
    assert report.confidence is None or 0 <= report.confidence <= 1, f"the confidence {report.confidence} is outside 0 to 1"
    assert report.data is None or isinstance(report.data, dict), f"data is no object: {outcome.data}"
    return report
