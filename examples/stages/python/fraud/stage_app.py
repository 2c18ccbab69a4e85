"""Fraud scoring, as examples/stages/README.md defines it for every language."""

from cascata_stage import MISSING, Node, Outcome, StageError, config, integer, log, number, stage, write

# The manifest's fields, in its order.
TRUSTED, AMOUNT, COUNTRY, VELOCITY, ITEMS = range(5)


def run(event):
    amount = number(event.get(AMOUNT))
    if amount is None:
        raise StageError("invalid-input", "amount is not a number")
    velocity = event.get(VELOCITY, MISSING)
    if velocity is None:
        raise StageError("unavailable", "velocity is not known yet", retryable=True, status=503, retry_after_ms=250)
    country = event.get(COUNTRY)
    country = country if isinstance(country, str) else None
    limit = number(config("limit"))
    cards = gift_cards(event.get(ITEMS))
    signs = [
        (amount > (1000 if limit is None else limit), 40, "amount"),
        (country is not None and country in elements(config("countries")), 30, "country"),
        ((integer(velocity) or 0) >= 5, 20, "velocity"),
        (cards > 0, 10 * min(cards, 3), "gift_cards"),
    ]
    points = sum(more for applies, more, _ in signs if applies)
    reasons = [reason for applies, _, reason in signs if applies]
    if event.get(TRUSTED) is True:
        points //= 2
        reasons.append("trusted")
    points = min(points, 100)

    result = "block" if points >= 70 else "review" if points >= 30 else "pass"
    if result == "block":
        log("warn", "blocked")
    write("risk.points", points)
    data = {"reasons": reasons, "points": points, "country": country}
    return Outcome(result, confidence=max(points, 100 - points) / 100, data=data)


def elements(value):
    return list(value) if isinstance(value, Node) else []


def gift_cards(items):
    cards = 0
    for item in elements(items):
        if isinstance(item, Node) and item.get("kind") == "gift_card":
            quantity = integer(item.get("quantity"))
            cards += quantity if quantity is not None and 1 <= quantity <= 99 else 1
    return cards


WitWorld = stage(run)
