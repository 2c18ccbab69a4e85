"""Run by examples/stages/test.sh: python3 -m unittest, with the SDK on PYTHONPATH."""

import json
import unittest
from pathlib import Path

import cascata_testing
import stage_app

MANIFEST = json.loads(Path(__file__).with_name("manifest.json").read_text())
CONFIG = {"url": "https://rate.example.com", "remember_ms": 60_000}


def give(*answer):
    answers = {"GET https://rate.example.com/10.1.2.3": answer} if answer else {}
    return cascata_testing.Given(secrets={"REPUTATION_TOKEN": "t0ken"}, answers=answers)


def rate(given):
    return cascata_testing.run(stage_app, {"ip": "10.1.2.3"}, config=CONFIG, manifest=MANIFEST, given=given)


class ReputationTest(unittest.TestCase):
    def test_a_rating_is_asked_for_once_and_remembered(self):
        given = give(200, "82\n")
        report = rate(given)
        self.assertEqual((report.result, report.confidence), ("bad", 0.82))
        self.assertEqual(report.data, {"rating": 82, "source": "service", "payments": 1})
        self.assertIn(("authorization", "Bearer t0ken"), given.requests[0].headers)
        self.assertEqual(rate(given).data, {"rating": 82, "source": "memory", "payments": 2})
        self.assertEqual(len(given.requests), 1)
        self.assertEqual([name for _, name, _ in given.metrics], ["asked", "answer_ms", "remembered"])
        given.now_ms = 60_000
        rate(given)
        self.assertEqual(len(given.requests), 2, "its time is over")

    def test_a_store_that_is_out_of_order_costs_only_the_memory(self):
        given = give(200, "40")
        given.kv_fails = "unavailable"
        report = rate(given)
        self.assertEqual(report.data, {"rating": 40, "source": "service", "payments": 0})
        self.assertEqual(report.logs[0][1], "the test lets kv fail")

    def test_a_service_that_does_not_answer_fails_the_stage_and_says_how(self):
        failure = rate(give("unreachable", "refused")).failure
        self.assertEqual((failure.code.name, failure.retryable, failure.message), ("UNAVAILABLE", True, "refused"))
        self.assertEqual(rate(give()).failure.code.name, "INTERNAL")
        down = rate(give(503, "", {"Retry-After": "7"})).failure
        self.assertEqual((down.status, down.retry_after_ms, down.retryable), (503, 7000, True))
        for body in ("", "x", "101", "-1"):
            self.assertEqual(rate(give(200, body)).failure.message, "the service's answer is no rating")
