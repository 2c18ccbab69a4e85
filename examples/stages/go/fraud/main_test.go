package main

import (
	_ "embed"
	"reflect"
	"testing"

	"cascata.dev/stage"
	"cascata.dev/stage/stagetest"
)

//go:embed manifest.json
var manifest string

func run(event string) stagetest.Report {
	return stagetest.Run(manifest, event, `{"limit": 500, "countries": ["KP", "IR"]}`)
}

func expect(t *testing.T, event string, expected stagetest.Report) {
	t.Helper()
	if found := run(event); !reflect.DeepEqual(found, expected) {
		t.Errorf("found %+v, expected %+v", found, expected)
	}
}

func TestSmallPaymentsPass(t *testing.T) {
	expect(t, `{"amount": 20, "geo": {"country": "CH"}}`, stagetest.Report{
		Result: "pass", Confidence: 1, Data: `{"reasons":[],"points":0,"country":"CH"}`,
		Writes: []stagetest.Write{{Path: "risk.points", JSON: "0"}},
	})
}

func TestEverySignAddsUp(t *testing.T) {
	event := `{"amount": 900.5, "geo": {"country": "KP"}, "velocity": 7,
		"items": [{"kind": "gift_card", "quantity": 2}, {"kind": "book"}, {"kind": "gift_card"}]}`
	expect(t, event, stagetest.Report{
		Result: "block", Confidence: 1,
		Data:   `{"reasons":["amount","country","velocity","gift_cards"],"points":100,"country":"KP"}`,
		Writes: []stagetest.Write{{Path: "risk.points", JSON: "100"}},
		Logs:   []stagetest.Line{{Level: stage.Warn, Message: "blocked"}},
	})
}

func TestTrustHalves(t *testing.T) {
	expect(t, `{"amount": 900, "velocity": 5, "user": {"trusted": true}}`, stagetest.Report{
		Result: "review", Confidence: 0.7, Data: `{"reasons":["amount","velocity","trusted"],"points":30,"country":null}`,
		Writes: []stagetest.Write{{Path: "risk.points", JSON: "30"}},
	})
}

func TestWhatCannotBeScoredFails(t *testing.T) {
	wrong := run(`{"amount": "much"}`).Failure
	if wrong == nil || *wrong != *stage.InvalidInput("amount is not a number") {
		t.Errorf("found %+v", wrong)
	}
	early := run(`{"amount": 1, "velocity": null}`)
	if early.Failure == nil || early.Failure.Status != 503 || early.Failure.RetryAfterMs != 250 || !early.Failure.Retryable || early.Writes != nil {
		t.Errorf("found %+v", early)
	}
}
