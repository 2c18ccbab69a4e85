import json
import unittest
from pathlib import Path

import cascata_testing
import stage_app

MANIFEST = json.loads(Path(__file__).with_name("manifest.json").read_text())


class StageTest(unittest.TestCase):
    def run_stage(self, event, **config):
        return cascata_testing.run(stage_app, event, config=config, manifest=MANIFEST)

    def test_large_amounts_are_reviewed(self):
        self.assertEqual(self.run_stage({"amount": 20}).result, "pass")
        self.assertEqual(self.run_stage({"amount": 20}, limit=10).result, "review")
        self.assertEqual(self.run_stage({}).failure.message, "amount is not a number")
