// How a service rates the address that a payment comes from, remembered for a while: the stage with every capability, as
// examples/stages/README.md defines it.
package main

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"cascata.dev/stage"
	"cascata.dev/stage/capability"
)

const (
	rememberMs = 600_000
	busy       = 20
)

type found struct {
	Rating   int    `json:"rating"`
	Source   string `json:"source"`
	Payments int64  `json:"payments"`
}

func init() {
	stage.Run(func(event stage.Event) (stage.Outcome, error) {
		address, ok := event.Field(0).Text()
		if !ok {
			return stage.Outcome{}, stage.InvalidInput("ip is not a text")
		}
		// A store that is out of order costs the memory only: the service is asked.
		payments, _ := capability.KVAdd("payments/"+address, 1, time.Hour)
		key := "rating/" + address
		kept, _ := capability.KVGet(key)
		rated, ok := rating(kept)
		source := "memory"
		if ok {
			capability.Counter("remembered", 1)
		} else {
			capability.Counter("asked", 1)
			var err error
			if rated, err = ask(address, key); err != nil {
				return stage.Outcome{}, err
			}
			source = "service"
		}
		result := "good"
		switch {
		case rated >= 70:
			result = "bad"
		case rated >= 30 || payments > busy:
			result = "unclear"
		}
		sure := float64(max(rated, 100-rated)) / 100
		return stage.Outcome{Result: result}.Sure(sure).With(found{rated, source, payments}), nil
	})
}

// ask asks the service, and keeps what it says.
func ask(address, key string) (int, error) {
	token, ok := capability.Secret("REPUTATION_TOKEN")
	if !ok {
		return 0, &stage.Error{Code: stage.CodeInvalidConfig, Message: "the secret REPUTATION_TOKEN is not listed"}
	}
	url, _ := stage.Config("url").Text()
	id := binary.LittleEndian.Uint64(capability.Random(8))
	began := capability.MonotonicNs()
	response, err := capability.Send(capability.Request{
		URL:     url + "/" + address,
		Headers: map[string]string{"authorization": "Bearer " + token, "x-request-id": strconv.FormatUint(id, 10)},
		Wants:   []string{"retry-after"},
	})
	capability.Histogram("answer_ms", float64(capability.MonotonicNs()-began)/1e6)
	if err != nil {
		return 0, err
	}
	if response.Status < 200 || response.Status > 299 {
		wait, err := strconv.ParseInt(response.Headers["retry-after"], 10, 32)
		if err != nil {
			wait = 1
		}
		failure := stage.Unavailable("the service gave no rating")
		failure.Status, failure.RetryAfterMs = int32(response.Status), wait*1000
		return 0, failure
	}
	rated, ok := rating(response.Body)
	if !ok {
		return 0, &stage.Error{Code: stage.CodeUnavailable, Message: "the service's answer is no rating"}
	}
	remember, ok := stage.Config("remember_ms").Int()
	if !ok {
		remember = rememberMs
	}
	if err := capability.KVSet(key, []byte(strconv.Itoa(rated)), time.Duration(remember)*time.Millisecond); err != nil {
		stage.Log(stage.Warn, err.Error())
	}
	return rated, nil
}

// rating is a number from 0 to 100, as digits.
func rating(digits []byte) (int, bool) {
	number, err := strconv.ParseUint(strings.TrimSpace(string(digits)), 10, 32)
	return int(number), err == nil && number <= 100
}

func main() {}
