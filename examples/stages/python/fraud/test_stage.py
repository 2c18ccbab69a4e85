"""Run by examples/stages/test.sh: python3 -m unittest, with the SDK on PYTHONPATH."""

import json
import unittest
from pathlib import Path

import cascata_testing
import stage_app

MANIFEST = json.loads(Path(__file__).with_name("manifest.json").read_text())


def score(event):
    return cascata_testing.run(stage_app, event, config={"limit": 500, "countries": ["KP", "IR"]}, manifest=MANIFEST)


class FraudTest(unittest.TestCase):
    def test_small_payments_pass(self):
        report = score({"amount": 20, "geo": {"country": "CH"}})
        self.assertEqual((report.result, report.confidence), ("pass", 1.0))
        self.assertEqual(report.data, {"reasons": [], "points": 0, "country": "CH"})
        self.assertEqual(report.writes, [("risk.points", 0)])

    def test_every_sign_adds_up(self):
        items = [{"kind": "gift_card", "quantity": 2}, {"kind": "book"}, {"kind": "gift_card"}]
        report = score({"amount": 900.5, "geo": {"country": "KP"}, "velocity": 7, "items": items})
        self.assertEqual((report.result, report.confidence), ("block", 1.0))
        self.assertEqual(report.data, {"reasons": ["amount", "country", "velocity", "gift_cards"], "points": 100, "country": "KP"})
        self.assertEqual(report.logs, [("warn", "blocked")])

    def test_trust_halves(self):
        report = score({"amount": 900, "velocity": 5, "user": {"trusted": True}})
        self.assertEqual((report.result, report.confidence), ("review", 0.7))
        self.assertEqual(report.data, {"reasons": ["amount", "velocity", "trusted"], "points": 30, "country": None})

    def test_what_cannot_be_scored_fails(self):
        wrong = score({"amount": "much"}).failure
        self.assertEqual((wrong.code.name, wrong.message, wrong.retryable), ("INVALID_INPUT", "amount is not a number", False))
        early = score({"amount": 1, "velocity": None})
        self.assertEqual((early.failure.code.name, early.failure.retryable), ("UNAVAILABLE", True))
        self.assertEqual((early.failure.status, early.failure.retry_after_ms, early.writes), (503, 250, []))


if __name__ == "__main__":
    unittest.main()
