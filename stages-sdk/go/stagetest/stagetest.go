//go:build !wasip1

// Package stagetest runs a stage natively, under `go test`: the imports are answered over encoding/json, with the meaning that the engine gives
// them. What the engine refuses (two results, data that is no object) panics.
//
//	report := stagetest.Run(manifest, `{"amount": 1500}`, `{"limit": 900}`)
//	if report.Result != "review" { … }
package stagetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cascata.dev/stage"
)

// Write is a write to the event.
type Write struct{ Path, JSON string }

// Line is a line of the log.
type Line struct {
	Level   stage.Level
	Message string
}

// Report is what came of a call.
type Report struct {
	Result     string
	Confidence float64 // NaN is none
	Data       string  // empty is none
	Writes     []Write // none if it failed, as in the engine
	Logs       []Line
	Failure    *stage.Error
}

// Run makes a call in a stage of its own manifest, on an event with a `with:` block; all three are JSON.
func Run(manifest, event, config string) Report {
	h := &host{event: parse(event), config: parse(config), report: Report{Confidence: math.NaN()}}
	if err := json.Unmarshal([]byte(manifest), &h.manifest); err != nil {
		panic(err)
	}
	h.slots = slices.Clone(h.manifest.Fields)
	stage.Native = h
	if stage.Starts() != 0 || stage.Runs() != 0 {
		h.report.Writes = nil
	} else if h.report.Result == "" {
		panic("the stage gave no result")
	}
	return h.report
}

type host struct {
	manifest struct {
		Fields  []string
		Results []string
	}
	event, config any
	slots         []string
	arena         []any
	report        Report
}

// entry of an object; objects keep their order.
type entry struct {
	key   string
	value any
}
type object []entry

func parse(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	value, err := read(decoder)
	if err != nil {
		panic(fmt.Sprintf("no JSON: %v: %s", err, text))
	}
	return value
}

func read(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	list, members := []any{}, object{}
	for decoder.More() {
		key := ""
		if delim == '{' {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			key = name.(string)
		}
		value, err := read(decoder)
		if err != nil {
			return nil, err
		}
		list, members = append(list, value), append(members, entry{key, value})
	}
	_, err = decoder.Token()
	if delim == '{' {
		return members, err
	}
	return list, err
}

const stale = int64(8) << 56

func (o object) get(key string) (any, bool) {
	for _, entry := range slices.Backward(o) {
		if entry.key == key {
			return entry.value, true
		}
	}
	return nil, false
}

// written is a value's text: of a text itself, of anything else its JSON.
func written(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	case object:
		parts := []string{}
		for _, entry := range value {
			parts = append(parts, quote(entry.key)+":"+member(entry.value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		parts := []string{}
		for _, item := range value {
			parts = append(parts, member(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	default:
		return quote(value)
	}
}

func member(value any) string {
	if text, ok := value.(string); ok {
		return quote(text)
	}
	return written(value)
}

func quote(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return strings.TrimSpace(out.String())
}

func (h *host) tag(value any, found bool) int64 {
	if !found {
		return 0
	}
	kind := stage.Object
	switch value := value.(type) {
	case nil:
		return int64(stage.Null) << 56
	case bool:
		if value {
			return int64(stage.Bool)<<56 | 1
		}
		return int64(stage.Bool) << 56
	case json.Number:
		kind = stage.Int
		if strings.ContainsAny(value.String(), ".eE") {
			kind = stage.Float
		}
	case string:
		kind = stage.Text
	case []any:
		kind = stage.Array
	}
	h.arena = append(h.arena, value)
	return int64(kind)<<56 | int64(min(len(written(value)), 0xFFFFFF))<<32 | int64(len(h.arena))
}

func (h *host) node(handle int32) any {
	if handle < 1 || int(handle) > len(h.arena) {
		return nil
	}
	return h.arena[handle-1]
}

func at(node any, index int32) (any, bool) {
	switch node := node.(type) {
	case []any:
		if int(index) < len(node) {
			return node[index], true
		}
	case object:
		if int(index) < len(node) {
			return node[index].value, true
		}
	}
	return nil, false
}

func (h *host) Slot(path string) int32 {
	if path == "" {
		return -1
	}
	if known := slices.Index(h.slots, path); known >= 0 {
		return int32(known)
	}
	h.slots = append(h.slots, path)
	return int32(len(h.slots) - 1)
}

func (h *host) Get(slot int32) int64 {
	if slot < 0 || int(slot) >= len(h.slots) {
		return stale
	}
	node, found := h.event, true
	for step := range strings.FieldsFuncSeq(h.slots[slot], func(c rune) bool { return strings.ContainsRune(".[]", c) }) {
		if index, err := strconv.Atoi(step); err == nil {
			node, found = at(node, int32(index))
		} else if members, ok := node.(object); ok {
			node, found = members.get(step)
		} else {
			found = false
		}
		if !found {
			return 0
		}
	}
	return h.tag(node, true)
}

func (h *host) GetCfg(key string) int64 {
	if key == "" {
		return h.tag(h.config, true)
	}
	members, _ := h.config.(object)
	return h.tag(members.get(key))
}

func (h *host) Child(handle int32, key string) int64 {
	members, _ := h.node(handle).(object)
	return h.tag(members.get(key))
}

func (h *host) At(handle, index int32) int64 { return h.tag(at(h.node(handle), index)) }

func (h *host) KeyAt(handle, index int32) int64 {
	if members, ok := h.node(handle).(object); ok && int(index) < len(members) {
		return h.tag(members[index].key, true)
	}
	return 0
}

func (h *host) Len(handle int32) int32 {
	switch node := h.node(handle).(type) {
	case string:
		return int32(len(node))
	case []any:
		return int32(len(node))
	case object:
		return int32(len(node))
	}
	return -1
}

func (h *host) Read(handle int32) string { return written(h.node(handle)) }

func (h *host) AsF64(handle int32) float64 {
	number, ok := h.node(handle).(json.Number)
	if !ok {
		return math.NaN()
	}
	value, _ := number.Float64()
	return value
}

func (h *host) AsI64(handle int32) (int64, bool) {
	number, _ := h.node(handle).(json.Number)
	if value, err := number.Int64(); err == nil {
		return value, true
	}
	value := h.AsF64(handle)
	fits := value == math.Trunc(value) && math.Abs(value) < 1<<63 && strings.ContainsAny(number.String(), ".eE")
	return int64(value), fits
}

func (h *host) Log(level int32, message string) {
	h.report.Logs = append(h.report.Logs, Line{stage.Level(level), message})
}

func (h *host) SetResult(label string, confidence float64) {
	if h.report.Result != "" {
		panic("two results in a call")
	}
	if len(h.manifest.Results) > 0 && !slices.Contains(h.manifest.Results, label) {
		panic("the manifest does not list the result " + label)
	}
	if confidence < 0 || confidence > 1 {
		panic(fmt.Sprintf("the confidence %v is outside 0 to 1", confidence))
	}
	h.report.Result, h.report.Confidence = label, confidence
}

func (h *host) SetData(data string) {
	if _, ok := parse(data).(object); !ok {
		panic("data is no object: " + data)
	}
	h.report.Data = data
}

func (h *host) Set(path, json string) int32 {
	if path == "" || strings.Contains(path, "[") || strings.HasPrefix(path, "stages.") {
		return 1
	}
	h.report.Writes = append(h.report.Writes, Write{path, json})
	return 0
}

func (h *host) Fail(code, status int32, retryAfterMs int64, retryable bool, message string) {
	h.report.Failure = &stage.Error{
		Code: stage.Code(code), Message: message, Retryable: retryable, Status: status, RetryAfterMs: max(retryAfterMs, 0),
	}
}

func (h *host) Meta(which int32) int64 {
	return map[int32]int64{0: 1, 1: 30000}[which]
}
