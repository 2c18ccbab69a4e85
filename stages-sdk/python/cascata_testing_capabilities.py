"""The capabilities of a stage under test: a memory, services that say what they are told to, a clock that stands.

    given = cascata_testing.Given(secrets={"TOKEN": "t"}, answers={"GET https://api.example.com/score": (200, "82")})
    report = cascata_testing.run(stage_app, {"ip": "10.1.2.3"}, given=given)
    assert given.kept["rating"] == b"82"
"""

import enum
from dataclasses import dataclass, field, make_dataclass


@dataclass
class Given:
    """What a stage may use; it may be handed to several calls, and changed in between.

    An answer is a status, a text and if it likes headers, or a refusal: its reason (`unreachable`) and a message. A request without one is
    not allowed. `kv_fails` is the reason that every operation fails with."""

    secrets: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    now_ms: int = 0
    kv_fails: str | None = None
    kept: dict = field(default_factory=dict)
    counters: dict = field(default_factory=dict)
    metrics: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    lives: dict = field(default_factory=dict)
    steps: int = 0

    def step(self):
        self.steps += 1
        return self.steps


_Failure = make_dataclass("Failure", ["reason", "message"])
_Request = make_dataclass("Request", ["method", "url", "headers", "body"])
_Response = make_dataclass("Response", ["status", "headers", "body"])


def interfaces(module, err, given):
    """The interfaces by name. `module` makes one, `err` is what refusals are raised as, `given` what the running call has."""

    def refused(reason, message):
        return err(_Failure(enum.Enum("Reason", [reason.upper().replace("-", "_")])[reason.upper().replace("-", "_")], message))

    def keeping(key, things):
        now = given()
        if key == "":
            raise refused("invalid", "an empty key")
        if now.kv_fails:
            raise refused(now.kv_fails, "the test lets kv fail")
        kept = getattr(now, things)
        if now.lives.get((things, key), now.now_ms + 1) <= now.now_ms:
            kept.pop(key, None)
        return kept

    def live(key, things, ttl_ms):
        given().lives[things, key] = given().now_ms + ttl_ms if ttl_ms else float("inf")

    def put(key, value, ttl_ms):
        keeping(key, "kept")[key] = bytes(value)
        live(key, "kept", ttl_ms)

    def add(key, by, ttl_ms):
        counters = keeping(key, "counters")
        if key not in counters:
            live(key, "counters", ttl_ms)
        counters[key] = max(0, counters.get(key, 0) + by)
        return counters[key]

    def send(request):
        line = f"{request.method} {request.url}"
        given().requests.append(request)
        status, text, *headers = given().answers.get(line, ("not-allowed", "no answer was given for this request"))
        if isinstance(status, str):
            raise refused(status, text)
        return _Response(status, list(headers[0].items()) if headers else [], text.encode())

    def measure(kind):
        return lambda name, value: given().metrics.append((kind, name, value))

    made = {
        "clock": {
            "now_ms": lambda: given().now_ms,
            "monotonic_ns": lambda: given().now_ms * 1_000_000 + given().step() * 1_000,
        },
        "random": {"bytes": lambda count: bytes(given().step() * 167 % 251 for _ in range(count))},
        "secrets": {"get": lambda name: given().secrets.get(name)},
        "metrics": {kind: measure(kind) for kind in ("counter", "gauge", "histogram")},
        "kv": {
            "get": lambda key: keeping(key, "kept").get(key),
            "set": put,
            "delete": lambda key: keeping(key, "kept").pop(key, None) is not None,
            "add": add,
        },
        "http": {"send": send, "Request": _Request},
    }
    return {name: module(f"wit_world.imports.{name}", **members) for name, members in made.items()}
