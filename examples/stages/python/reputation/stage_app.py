"""How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
examples/stages/README.md defines it."""

import re

import cascata_capabilities as host
from cascata_capabilities import CapabilityError
from cascata_stage import Outcome, StageError, config, log, stage

HOUR_MS = 3_600_000
REMEMBER_MS = 600_000
BUSY = 20


def run(event):
    address = event.get(0)
    if not isinstance(address, str):
        raise StageError("invalid-input", "ip is not a text")
    # A store that is out of order costs the memory only: the service is asked.
    payments = kept(host.kv_add, f"payments/{address}", 1, HOUR_MS) or 0
    key = f"rating/{address}"
    rated = rating(kept(host.kv_get, key) or b"")
    source = "service" if rated is None else "memory"
    host.counter("asked" if rated is None else "remembered")
    if rated is None:
        rated = ask(address, key)
    result = "bad" if rated >= 70 else "unclear" if rated >= 30 or payments > BUSY else "good"
    return Outcome(result, confidence=max(rated, 100 - rated) / 100, data={"rating": rated, "source": source, "payments": payments})


def kept(operation, *arguments):
    try:
        return operation(*arguments)
    except CapabilityError:
        return None


def ask(address, key):
    """Asks the service, and keeps what it says."""
    token = host.secret("REPUTATION_TOKEN")
    if token is None:
        raise StageError("invalid-config", "the secret REPUTATION_TOKEN is not listed")
    number = int.from_bytes(host.random_bytes(8), "little")
    headers = {"authorization": f"Bearer {token}", "x-request-id": str(number)}
    began = host.monotonic_ns()
    try:
        response = host.send(f"{config('url')}/{address}", headers=headers)
    finally:
        host.histogram("answer_ms", (host.monotonic_ns() - began) / 1e6)
    if not 200 <= response.status <= 299:
        wait = response.header("retry-after") or "1"
        wait = int(wait) * 1000 if wait.isdigit() else 1000
        raise StageError("unavailable", "the service gave no rating", retryable=True, status=response.status, retry_after_ms=wait)
    rated = rating(response.body)
    if rated is None:
        raise StageError("unavailable", "the service's answer is no rating")
    try:
        host.kv_set(key, str(rated).encode(), config("remember_ms", REMEMBER_MS))
    except CapabilityError as error:
        log("warn", str(error))
    return rated


def rating(digits):
    """A number from 0 to 100, as digits."""
    number = int(digits) if re.fullmatch(rb"\s*\d{1,9}\s*", digits) else 101
    return number if number <= 100 else None


WitWorld = stage(run)
