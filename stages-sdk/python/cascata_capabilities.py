"""What a stage may do beyond answering, where its cascade allows it and its world imports it: `import cascata_capabilities as host`.

    payments = host.kv_add(card, 1, 3_600_000)
    answer = host.send("https://api.example.com/score", headers={"authorization": f"Bearer {host.secret('TOKEN')}"})

A component asks its host for everything that its world imports, so give it a world of its own, which includes `cascata:stage/stage` and
imports the interfaces that it uses:

    componentize-py -d wit -w my-world componentize stage_app --stub-wasi -o stage.wasm

Tests give capabilities by `cascata_testing.run(…, given=Given(…))`."""

import importlib

from cascata_stage import StageError
from componentize_py_types import Err


def _imported(name):
    """An interface, if the world imports it. It is looked for while the component is made."""
    try:
        return importlib.import_module(f"wit_world.imports.{name}")
    except ImportError:
        return None


_clock, _http, _kv, _metrics, _random, _secrets = map(_imported, ("clock", "http", "kv", "metrics", "random", "secrets"))


class CapabilityError(StageError):
    """Why a capability gave no answer. As a StageError it fails the stage if nobody catches it.

    `reason` of kv: invalid, too-large, too-many, unavailable; of http: bad-request, not-allowed, unreachable, too-large, too-many."""

    def __init__(self, reason, message):
        retryable = reason in ("unavailable", "unreachable")
        super().__init__("unavailable" if retryable else "internal", message, retryable=retryable)
        self.reason = reason


def _attempted(operation, *arguments):
    try:
        return operation(*arguments)
    except Err as error:
        reason = error.value.reason.name.lower().replace("_", "-")
        raise CapabilityError(reason, error.value.message) from error


def now_ms():
    """Milliseconds since 1970. Under `determinism: strict` both clocks stand at 0."""
    return _clock.now_ms()


def monotonic_ns():
    """Nanoseconds on a clock that only goes on: for measuring how long something took."""
    return _clock.monotonic_ns()


def random_bytes(count):
    """Random bytes of the system. Python's own `random` is not random in a component: its seed is in the module."""
    return bytes(_random.bytes(count))


def secret(name):
    """A secret by name; None if the stage's `handler.secrets` does not list it."""
    return _secrets.get(name)


def counter(name, by=1.0):
    """Adds to a counter. Names are a letter of a to z, then these, digits and _; what can't be taken is dropped and counted by the host."""
    _metrics.counter(name, float(by))


def gauge(name, value):
    """Sets a gauge."""
    _metrics.gauge(name, float(value))


def histogram(name, value):
    """Counts a value into a histogram."""
    _metrics.histogram(name, float(value))


def kv_get(key):
    """The bytes under a key; None if there are none."""
    value = _attempted(_kv.get, key)
    return None if value is None else bytes(value)


def kv_set(key, value, ttl_ms=0):
    """Puts bytes under a key for so many milliseconds, for ever if they are 0. What is kept is kept at once."""
    _attempted(_kv.set, key, value, ttl_ms)


def kv_delete(key):
    """Removes the value under a key, and says whether there was one."""
    return _attempted(_kv.delete, key)


def kv_add(key, by, ttl_ms=0):
    """Adds to a counter and gives the sum, never below 0; it is gone `ttl_ms` after its first use. Counters have keys of their own."""
    return _attempted(_kv.add, key, by, ttl_ms)


class Response:
    """A service's answer, of whatever status."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, bytes(body)
        self._headers = {name.lower(): value for name, value in headers}

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        """A header, whatever the case of its letters; None if there is none."""
        return self._headers.get(name.lower())


def send(url, *, method="GET", headers=None, body=b""):
    """Sends a request to what `handler.http` lists. Redirects are not followed and nothing is sent twice."""
    answer = _attempted(_http.send, _http.Request(method, url, list((headers or {}).items()), body))
    return Response(answer.status, answer.headers, answer.body)
