package main

import (
	_ "embed"
	"testing"

	"cascata.dev/stage/stagetest"
)

//go:embed manifest.json
var manifest string

func TestLargeAmountsAreReviewed(t *testing.T) {
	for _, call := range []struct{ event, config, result string }{
		{`{"amount": 20}`, `{}`, "pass"},
		{`{"amount": 20}`, `{"limit": 10}`, "review"},
	} {
		if found := stagetest.Run(manifest, call.event, call.config).Result; found != call.result {
			t.Errorf("%s with %s: %s", call.event, call.config, found)
		}
	}
	if failure := stagetest.Run(manifest, `{}`, `{}`).Failure; failure == nil || failure.Message != "amount is not a number" {
		t.Errorf("found %+v", failure)
	}
}
