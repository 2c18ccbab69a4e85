"""Write a Cascata stage in Python, as a component made by componentize-py.

    from cascata_stage import Outcome, StageError, number, stage

    def run(event):
        amount = number(event.get("amount"))
        if amount is None:
            raise StageError("invalid-input", "amount is not a number")
        return Outcome("review" if amount > 1000 else "pass", confidence=0.9)

    WitWorld = stage(run)

    componentize-py -d wit -w stage componentize stage_app --stub-wasi -o stage.wasm
    python3 cascata_manifest.py stage.wasm manifest.json

Values are Python's: None is null, lists and objects are `Node`s, read lazily and good for one call of the stage. Tests run natively:
`cascata_testing` stands in for the host.
"""

import json
import traceback

from componentize_py_types import Err
from wit_world.imports import call as _call
from wit_world.imports import config as _config
from wit_world.imports import event as _event
from wit_world.imports import logging as _logging
from wit_world.imports import types as _types
from wit_world.imports import writes as _writes

MISSING = object()
"""Stands for a field that is not there, where that is to be told from null."""


class StageError(Exception):
    """Why a stage has no result. Any other exception is an internal one.

    `code` is invalid-input, invalid-config, unavailable or internal."""

    def __init__(self, code, message, *, retryable=False, status=None, retry_after_ms=None):
        super().__init__(message)
        self.code, self.message, self.retryable = code, message, retryable
        self.status, self.retry_after_ms = status, retry_after_ms


class Outcome:
    """A result, with how sure the stage is (0 to 1) and what later rules may read of it (a dict)."""

    def __init__(self, result, *, confidence=None, data=None):
        self.result, self.confidence, self.data = result, confidence, data


class Node:
    """A list or an object of the event."""

    def __init__(self, handle):
        self._handle = handle

    @property
    def is_list(self):
        return _event.kind_of(self._handle) == _types.Kind.ARRAY

    def __len__(self):
        """Elements of a list, entries of an object."""
        return _event.len(self._handle)

    def get(self, key, default=None):
        """An entry of an object."""
        return _read(_event.child(self._handle, key), default)

    def __getitem__(self, index):
        """An element of a list, or the value of an object's entry, by position."""
        value = _read(_event.item(self._handle, index), MISSING)
        if value is MISSING:
            raise IndexError(index)
        return value

    def __iter__(self):
        """The elements of a list; nothing of an object."""
        return (self[index] for index in range(len(self) if self.is_list else 0))

    def keys(self):
        """The keys of an object."""
        return [] if self.is_list else _event.keys(self._handle, 0, len(self))

    def json(self):
        """A copy, read as JSON."""
        return json.loads(_event.json(self._handle))


class Event:
    """The event being routed."""

    def get(self, field, default=None):
        """The manifest's n-th field, or any path: "items[0].price", "stages.A.result"."""
        slot = field if isinstance(field, int) else _event.slot(field)
        return default if slot is None else _read(_event.get(slot), default)


def _read(value, default=None):
    if isinstance(value, _types.Value_Missing):
        return default
    if isinstance(value, _types.Value_Null):
        return None
    if isinstance(value, _types.Value_BigInteger):
        return int(value.value)
    if isinstance(value, _types.Value_Composite):
        return Node(value.value)
    return value.value


def number(value):
    """The value if it is a number, else None. A boolean is none."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def integer(value):
    """The value if it is a number without fraction, within 64 bits, else None."""
    value = number(value)
    if value is None or value != value or value in (float("inf"), float("-inf")) or value != int(value):
        return None
    return int(value) if -(2**63) <= value < 2**63 else None


def config(key, default=None):
    """A key of the stage's `with:` block; "" is the whole block."""
    return _read(_config.get(key), default)


def write(path, value):
    """A write to the event, done when the stage has succeeded."""
    try:
        _writes.set(path, _text(value))
    except Err as error:
        raise StageError("internal", f"{path} can't be written: {error.value}") from error


def log(level, message):
    """A line of the stage's log; `level` is trace, debug, info, warn or error."""
    _logging.log(_logging.Level[level.upper()], message)


def attempt():
    """Which attempt this is, from 1."""
    return _call.attempt()


def remaining_ms():
    """Milliseconds left before the host ends the call."""
    return _call.remaining_ms()


def _text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def stage(run, init=lambda: None):
    """The class that componentize-py looks for: `WitWorld = stage(run)`. `init` is called once an instance, before the first event."""

    class WitWorld:
        def init(self):
            _guarded(init)

        def run(self):
            outcome = _guarded(lambda: run(Event()))
            data = None if outcome.data is None else _text(outcome.data)
            return _types.Outcome(outcome.result, outcome.confidence, data)

    return WitWorld


def _guarded(body):
    try:
        return body()
    except Exception as error:
        if not isinstance(error, StageError):
            log("error", traceback.format_exc())
            error = StageError("internal", f"{type(error).__name__}: {error}")
        code = _types.ErrorCode[error.code.replace("-", "_").upper()]
        raise Err(_types.StageError(code, error.message, error.retryable, error.status, error.retry_after_ms)) from error
