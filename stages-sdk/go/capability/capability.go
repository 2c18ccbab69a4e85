// Package capability is what a stage may do beyond answering, where its cascade allows it: clock, random, secrets, metrics, kv and http.
//
//	payments, err := capability.KVAdd(card, 1, time.Hour)
//	response, err := capability.Send(capability.Request{URL: "https://api.example.com/score"})
//
// A module asks its host for what the stage calls, and is refused where `handler.allow` does not list it. Tests give capabilities by
// `stagetest.Given`.
package capability

import (
	"encoding/json"
	"time"

	"cascata.dev/stage"
)

// Reason is why a capability gave no answer.
type Reason string

// The reasons.
const (
	Invalid     Reason = "invalid"
	TooLarge    Reason = "too-large"
	TooMany     Reason = "too-many"
	Unavailable Reason = "unavailable"
	BadRequest  Reason = "bad-request"
	NotAllowed  Reason = "not-allowed"
	Unreachable Reason = "unreachable"
)

// Error is why a capability gave no answer, with the host's words. A stage that returns it fails as its Unwrap says: retryable if
// trying again may help.
type Error struct {
	Reason  Reason
	Message string
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the failure of the stage that this error is.
func (e *Error) Unwrap() error {
	if e.Reason == Unavailable || e.Reason == Unreachable {
		return stage.Unavailable(e.Message)
	}
	return &stage.Error{Code: stage.CodeInternal, Message: e.Message}
}

// NowMs is the time of day, in milliseconds since 1970; 0 under `determinism: strict`.
func NowMs() int64 { return hostNowMs() }

// MonotonicNs is a clock that only goes on, in nanoseconds; 0 under `determinism: strict`.
func MonotonicNs() int64 { return hostMonotonicNs() }

// Random are random bytes of the system. Those of crypto/rand are the module's own unless `random` is allowed.
func Random(count int) []byte {
	bytes := make([]byte, count)
	hostRandom(bytes)
	return bytes
}

// Secret is a secret by name; false if the stage's `handler.secrets` does not list it.
func Secret(name string) (string, bool) {
	bytes, code := whole(func(buffer []byte) int32 { return hostSecret(name, buffer) }, nil)
	return string(bytes), code >= 0
}

// Counter adds to a counter. Names are a letter of a to z, then these, digits and _; what can't be taken is dropped and counted by the host.
func Counter(name string, by float64) { hostMetric(0, name, by) }

// Gauge sets a gauge.
func Gauge(name string, value float64) { hostMetric(1, name, value) }

// Histogram counts a value into a histogram.
func Histogram(name string, value float64) { hostMetric(2, name, value) }

// KVGet is the value under a key; nil if there is none.
func KVGet(key string) ([]byte, error) {
	bytes, code := whole(func(buffer []byte) int32 { return hostKVGet(key, buffer) }, hostKVValue)
	if code < -1 {
		return nil, kvError(code)
	}
	return bytes, nil
}

// KVSet puts a value under a key for so long, for ever if that is 0. What is kept is kept at once, whatever becomes of the call.
func KVSet(key string, value []byte, ttl time.Duration) error {
	if code := hostKVSet(key, value, ttl.Milliseconds()); code < 0 {
		return kvError(code)
	}
	return nil
}

// KVDelete removes the value under a key, and says whether there was one.
func KVDelete(key string) (bool, error) {
	code := hostKVDelete(key)
	if code < 0 {
		return false, kvError(code)
	}
	return code == 1, nil
}

// KVAdd adds to a counter and gives the sum, never below 0; it is gone so long after its first use. Counters have keys of their own.
func KVAdd(key string, by int64, ttl time.Duration) (int64, error) {
	sum, code := hostKVAdd(key, by, ttl.Milliseconds())
	if code < 0 {
		return 0, kvError(code)
	}
	return sum, nil
}

func kvError(code int32) error {
	reasons := map[int32]Reason{-2: Invalid, -3: TooLarge, -4: TooMany}
	reason, ok := reasons[code]
	if !ok {
		reason = Unavailable
	}
	message, _ := whole(hostKVError, nil)
	return &Error{reason, string(message)}
}

// Request is what Send sends; a method of none is GET.
type Request struct {
	Method, URL string
	Headers     map[string]string
	Body        []byte
	// Wants are headers of the answer that will be read; the others stay with the host.
	Wants []string
}

// Response is a service's answer, of whatever status.
type Response struct {
	Status  int
	Body    []byte
	Headers map[string]string // as Request.Wants spells them
}

// Send sends a request to what `handler.http` lists. Redirects are not followed and nothing is sent twice.
func Send(request Request) (*Response, error) {
	if request.Method == "" {
		request.Method = "GET"
	}
	if request.Headers == nil {
		request.Headers = map[string]string{}
	}
	head, err := json.Marshal(map[string]any{"method": request.Method, "url": request.URL, "headers": request.Headers})
	if err != nil {
		return nil, err
	}
	status := hostSend(string(head), request.Body)
	if status < 0 {
		reasons := map[int32]Reason{-1: BadRequest, -2: NotAllowed, -4: TooLarge, -5: TooMany}
		reason, ok := reasons[status]
		if !ok {
			reason = Unreachable
		}
		message, _ := whole(hostHTTPError, nil)
		return nil, &Error{reason, string(message)}
	}
	body, _ := whole(hostBody, nil)
	response := &Response{Status: int(status), Body: body, Headers: map[string]string{}}
	for _, name := range request.Wants {
		if value, code := whole(func(buffer []byte) int32 { return hostHeader(name, buffer) }, nil); code >= 0 {
			response.Headers[name] = string(value)
		}
	}
	return response, nil
}

// whole asks for bytes, and once more with a buffer of their length if they did not fit.
func whole(first, again func([]byte) int32) ([]byte, int32) {
	if again == nil {
		again = first
	}
	buffer := make([]byte, 256)
	size := first(buffer)
	for int(size) > len(buffer) {
		buffer = make([]byte, size)
		size = again(buffer)
	}
	if size < 0 {
		return nil, size
	}
	return buffer[:size], size
}
