// Package stage writes Cascata stages in Go.
//
//	package main
//
//	import "cascata.dev/stage"
//
//	func init() {
//		stage.Run(func(event stage.Event) (stage.Outcome, error) {
//			amount, ok := event.Field(0).Float()
//			if !ok {
//				return stage.Outcome{}, stage.InvalidInput("amount is not a number")
//			}
//			result := "pass"
//			if amount > 1000 {
//				result = "review"
//			}
//			return stage.Outcome{Result: result}.Sure(0.9), nil
//		})
//	}
//
//	func main() {}
//
// Built as a WASI reactor, whose manifest is put into the module afterwards:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags="-s -w" -trimpath -o stage.wasm .
//	go run cascata.dev/stage/cmd/cascata-manifest stage.wasm manifest.json
//
// A value stands for a field of the event and is read lazily; it is good for one call of the stage. Tests run natively, with
// `go test` and the package stagetest.
package stage

import (
	"encoding/json"
	"errors"
	"math"
)

// Outcome is a stage's result, with how sure it is and what later rules may read of it.
type Outcome struct {
	// Result is the routing label; one of the manifest's `results` if it lists any.
	Result string
	// Confidence is how sure the stage is, 0 to 1; nil says nothing.
	Confidence *float64
	// Data is written as JSON and must be an object; nil is none.
	Data any
}

// Sure adds how sure the stage is, 0 to 1.
func (o Outcome) Sure(confidence float64) Outcome {
	o.Confidence = &confidence
	return o
}

// With adds data, which must be an object as JSON.
func (o Outcome) With(data any) Outcome {
	o.Data = data
	return o
}

// Code is the kind of a failure.
type Code int32

// The kinds of failure.
const (
	CodeInvalidInput Code = iota
	CodeInvalidConfig
	CodeUnavailable
	CodeInternal
)

// Error is why a stage has no result. Any other error is an internal one.
type Error struct {
	Code    Code
	Message string
	// Retryable says that trying again may help.
	Retryable bool
	// Status is such as 503; 0 is none.
	Status int32
	// RetryAfterMs is how long to wait before the next attempt; 0 is unknown.
	RetryAfterMs int64
}

func (e *Error) Error() string { return e.Message }

// InvalidInput says that the event lacks something or has it in the wrong form.
func InvalidInput(message string) *Error { return &Error{Code: CodeInvalidInput, Message: message} }

// Unavailable says that something the stage depends on does not answer; trying again may help.
func Unavailable(message string) *Error {
	return &Error{Code: CodeUnavailable, Message: message, Retryable: true}
}

var (
	start = func() error { return nil }
	run   func(Event) (Outcome, error)
)

// Run says what the stage does for every event. To be called from an `init` function.
func Run(f func(Event) (Outcome, error)) { run = f }

// Init says what the stage does once an instance, before the first event. To be called from an `init` function.
func Init(f func() error) { start = f }

// Starts is what the export `stage_init` does; for the package stagetest.
func Starts() int32 {
	if err := start(); err != nil {
		return fail(err)
	}
	return 0
}

// Runs is what the export `stage_run` does; for the package stagetest.
func Runs() int32 {
	if run == nil {
		return fail(errors.New("no stage.Run in an init function"))
	}
	outcome, err := run(Event{})
	if err != nil {
		return fail(err)
	}
	if outcome.Data != nil {
		data, err := compact(outcome.Data)
		if err != nil {
			return fail(err)
		}
		hostSetData(data)
	}
	confidence := math.NaN()
	if outcome.Confidence != nil {
		confidence = *outcome.Confidence
	}
	hostSetResult(outcome.Result, confidence)
	return 0
}

func fail(err error) int32 {
	failure := &Error{Code: CodeInternal, Message: err.Error()}
	errors.As(err, &failure)
	wait := failure.RetryAfterMs
	if wait == 0 {
		wait = -1
	}
	hostFail(int32(failure.Code), failure.Status, wait, failure.Retryable, failure.Message)
	return 1
}

// compact writes JSON as other SDKs do: without the escapes for HTML.
func compact(value any) (string, error) {
	var out builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return string(out[:len(out)-1]), nil
}

type builder []byte

func (b *builder) Write(bytes []byte) (int, error) {
	*b = append(*b, bytes...)
	return len(bytes), nil
}

// Set writes to the event once the stage has succeeded; the value is written as JSON.
func Set(path string, value any) error {
	text, err := compact(value)
	if err != nil {
		return err
	}
	if hostSet(path, text) != 0 {
		return errors.New(path + " can't be written")
	}
	return nil
}

// Level is how much a log line matters.
type Level int32

// The levels.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Err
)

// Log adds a line to the stage's log.
func Log(level Level, message string) { hostLog(int32(level), message) }

// Attempt is which attempt this is, from 1.
func Attempt() int64 { return hostMeta(0) }

// RemainingMs are the milliseconds left before the host ends the call.
func RemainingMs() int64 { return hostMeta(1) }
