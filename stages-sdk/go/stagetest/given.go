//go:build !wasip1

package stagetest

import (
	"encoding/json"
	"strings"

	"cascata.dev/stage/capability"
)

// Answer is what a service says, or why it doesn't.
type Answer struct {
	Status  int32
	Body    string
	Headers map[string]string
	Reason  capability.Reason // not empty: a refusal, with the body as its message
}

// Asked is a request that a stage sent.
type Asked struct {
	Line    string // GET https://api.example.com/score
	Headers map[string]string
	Body    string
}

// Metric is a figure that a stage measured; its kind is counter, gauge or histogram.
type Metric struct {
	Kind, Name string
	Value      float64
}

// Given is what a stage may use beyond its event: `given.Use()`, then Run. It stays for later calls and may be changed in between.
type Given struct {
	Now      int64 // milliseconds since 1970
	Secrets  map[string]string
	Answers  map[string]Answer // by method and URL; any other request is not allowed
	KVFails  int32             // -5 makes every operation of kv fail as unavailable
	Kept     map[string][]byte
	Counters map[string]int64
	Metrics  []Metric
	Requests []Asked

	lives  map[string]int64
	steps  int64
	answer Answer
}

// Use gives it to the calls that follow.
func (g *Given) Use() *Given {
	g.Kept, g.Counters, g.lives = map[string][]byte{}, map[string]int64{}, map[string]int64{}
	capability.Native = (*given)(g)
	return g
}

// given has the methods that the package capability calls.
type given Given

func (g *given) NowMs() int64 { return g.Now }

// A microsecond for each look at it.
func (g *given) MonotonicNs() int64 {
	g.steps++
	return g.Now*1_000_000 + g.steps*1_000
}

func (g *given) Random(dst []byte) {
	for i := range dst {
		g.steps++
		dst[i] = byte(uint64(g.steps) * 0x9E3779B97F4A7C15 >> 56)
	}
}

func (g *given) Secret(name string) (string, int32) {
	value, ok := g.Secrets[name]
	if !ok {
		return "", -1
	}
	return value, 0
}

func (g *given) Metric(kind int, name string, value float64) {
	g.Metrics = append(g.Metrics, Metric{[]string{"counter", "gauge", "histogram"}[kind], name, value})
}

// ready is 0 if an operation can be done; what is past its time is gone then.
func (g *given) ready(key string) int32 {
	if key == "" {
		return -2
	}
	for name, until := range g.lives {
		if until <= g.Now {
			delete(g.lives, name)
			delete(g.Kept, strings.TrimPrefix(name, "value "))
			delete(g.Counters, strings.TrimPrefix(name, "counter "))
		}
	}
	return g.KVFails
}

func (g *given) live(name string, ttlMs int64) {
	if ttlMs > 0 {
		g.lives[name] = g.Now + ttlMs
	} else {
		delete(g.lives, name)
	}
}

func (g *given) KVGet(key string) ([]byte, int32) {
	if code := g.ready(key); code < 0 {
		return nil, code
	}
	value, ok := g.Kept[key]
	if !ok {
		return nil, -1
	}
	return value, 0
}

func (g *given) KVSet(key string, value []byte, ttlMs int64) int32 {
	code := g.ready(key)
	if code == 0 {
		g.Kept[key] = append([]byte{}, value...)
		g.live("value "+key, ttlMs)
	}
	return code
}

func (g *given) KVDelete(key string) int32 {
	if code := g.ready(key); code < 0 {
		return code
	}
	_, ok := g.Kept[key]
	delete(g.Kept, key)
	if ok {
		return 1
	}
	return 0
}

func (g *given) KVAdd(key string, by, ttlMs int64) (int64, int32) {
	if code := g.ready(key); code < 0 {
		return 0, code
	}
	if _, ok := g.Counters[key]; !ok {
		g.live("counter "+key, ttlMs)
	}
	g.Counters[key] = max(0, g.Counters[key]+by)
	return g.Counters[key], 0
}

func (g *given) KVError() string { return "the test lets kv fail" }

func (g *given) Send(head string, body []byte) int32 {
	var request struct {
		Method, URL string
		Headers     map[string]string
	}
	if err := json.Unmarshal([]byte(head), &request); err != nil {
		panic(err)
	}
	line := request.Method + " " + request.URL
	g.Requests = append(g.Requests, Asked{line, request.Headers, string(body)})
	answer, ok := g.Answers[line]
	if !ok {
		answer = Answer{Reason: capability.NotAllowed, Body: "no answer was given for this request"}
	}
	g.answer = answer
	switch answer.Reason {
	case "":
		return answer.Status
	case capability.BadRequest:
		return -1
	case capability.NotAllowed:
		return -2
	case capability.TooLarge:
		return -4
	case capability.TooMany:
		return -5
	default:
		return -3
	}
}

func (g *given) Body() []byte      { return []byte(g.answer.Body) }
func (g *given) HTTPError() string { return g.answer.Body }

func (g *given) Header(name string) (string, int32) {
	for known, value := range g.answer.Headers {
		if strings.EqualFold(known, name) {
			return value, 0
		}
	}
	return "", -1
}
