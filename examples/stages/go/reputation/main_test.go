package main

import (
	_ "embed"
	"testing"

	"cascata.dev/stage"
	"cascata.dev/stage/capability"
	"cascata.dev/stage/stagetest"
)

//go:embed manifest.json
var manifest string

const line = "GET https://rate.example.com/10.1.2.3"

func give(answer stagetest.Answer) *stagetest.Given {
	given := stagetest.Given{
		Secrets: map[string]string{"REPUTATION_TOKEN": "t0ken"},
		Answers: map[string]stagetest.Answer{line: answer},
	}
	return given.Use()
}

func rate() stagetest.Report {
	return stagetest.Run(manifest, `{"ip": "10.1.2.3"}`, `{"url": "https://rate.example.com", "remember_ms": 60000}`)
}

func expectData(t *testing.T, expected string) {
	t.Helper()
	if report := rate(); report.Data != expected {
		t.Errorf("found %+v, expected %s", report, expected)
	}
}

func TestARatingIsAskedForOnceAndRemembered(t *testing.T) {
	given := give(stagetest.Answer{Status: 200, Body: "82\n"})
	expectData(t, `{"rating":82,"source":"service","payments":1}`)
	if given.Requests[0].Headers["authorization"] != "Bearer t0ken" || given.Requests[0].Headers["x-request-id"] == "" {
		t.Errorf("asked %+v", given.Requests)
	}
	expectData(t, `{"rating":82,"source":"memory","payments":2}`)
	if len(given.Requests) != 1 || len(given.Metrics) != 3 || given.Metrics[2].Name != "remembered" {
		t.Errorf("asked %+v, measured %+v", given.Requests, given.Metrics)
	}
	given.Now = 60_000
	expectData(t, `{"rating":82,"source":"service","payments":3}`)
}

func TestAStoreThatIsOutOfOrderCostsOnlyTheMemory(t *testing.T) {
	give(stagetest.Answer{Status: 200, Body: "40"}).KVFails = -5
	expectData(t, `{"rating":40,"source":"service","payments":0}`)
	if logs := rate().Logs; len(logs) != 1 || logs[0].Message != "the test lets kv fail" {
		t.Errorf("logged %+v", logs)
	}
}

func TestAServiceThatDoesNotAnswerFailsTheStageAndSaysHow(t *testing.T) {
	failure := func(answer stagetest.Answer) stage.Error {
		give(answer)
		return *rate().Failure
	}
	unreachable := failure(stagetest.Answer{Reason: capability.Unreachable, Body: "refused"})
	if unreachable.Code != stage.CodeUnavailable || !unreachable.Retryable || unreachable.Message != "refused" {
		t.Errorf("%+v", unreachable)
	}
	if denied := failure(stagetest.Answer{Reason: capability.NotAllowed}); denied.Code != stage.CodeInternal || denied.Retryable {
		t.Errorf("%+v", denied)
	}
	down := failure(stagetest.Answer{Status: 503, Headers: map[string]string{"Retry-After": "7"}})
	if down.Status != 503 || down.RetryAfterMs != 7000 || !down.Retryable {
		t.Errorf("%+v", down)
	}
	for _, body := range []string{"", "x", "101", "-1"} {
		if wrong := failure(stagetest.Answer{Status: 200, Body: body}); wrong.Message != "the service's answer is no rating" {
			t.Errorf("%q: %+v", body, wrong)
		}
	}
}
