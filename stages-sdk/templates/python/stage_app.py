"""The stage {{name}}."""

from cascata_stage import Outcome, StageError, config, number, stage

AMOUNT = 0  # of the manifest's fields


def run(event):
    amount = number(event.get(AMOUNT))
    if amount is None:
        raise StageError("invalid-input", "amount is not a number")
    limit = number(config("limit", 1000))
    return Outcome("review" if amount > limit else "pass", confidence=0.9)


WitWorld = stage(run)
