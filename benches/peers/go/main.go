// Quamina, the original: the same run as peers-many does, for `peers-go MIX SIZE`. PEERS_DATA names the folder of the data.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"quamina.net/go/quamina/v2"
)

const passes = 5
const enough = 4 * time.Second

type test struct {
	Field string `json:"field"`
	Op    string `json:"op"`
	Value any    `json:"value"`
	Kind  string `json:"kind"`
	Raw   string `json:"raw"`
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func memory() uint64 {
	runtime.GC()
	for _, line := range strings.Split(string(must(os.ReadFile("/proc/self/status"))), "\n") {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kb := must(strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64))
			return kb * 1024
		}
	}
	return 0
}

// A rule as a pattern; quamina.rs of this folder makes the same of it.
func pattern(all []test) string {
	root := map[string]any{}
	for _, t := range all {
		var wanted any
		switch {
		case t.Op == "==":
			wanted = []any{t.Value}
		case t.Op == "IN":
			wanted = t.Value
		case t.Kind == "prefix":
			wanted = []any{map[string]any{"prefix": t.Value}}
		case t.Kind == "suffix":
			wanted = []any{map[string]any{"suffix": t.Raw}}
		case t.Op == ">=":
			bounds := []any{">=", t.Value}
			for _, other := range all {
				if other.Field == t.Field && other.Op == "<" {
					bounds = append(bounds, "<", other.Value)
				}
			}
			wanted = []any{map[string]any{"numeric": bounds}}
		default:
			continue
		}
		at, keys := root, strings.Split(t.Field, ".")
		for _, key := range keys[:len(keys)-1] {
			below, found := at[key].(map[string]any)
			if !found {
				below = map[string]any{}
				at[key] = below
			}
			at = below
		}
		at[keys[len(keys)-1]] = wanted
	}
	return string(must(json.Marshal(root)))
}

func main() {
	folder, mix, size := os.Getenv("PEERS_DATA"), os.Args[1], must(strconv.Atoi(os.Args[2]))
	text := must(os.ReadFile(folder + "/citylots2.json"))
	events := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	rules := folder + "/rules/" + mix + "_" + os.Args[2]
	before := memory()
	machine := must(quamina.New(quamina.WithMediaType("application/json")))
	lines := bufio.NewScanner(must(os.Open(rules + ".jsonl")))
	for number := 0; lines.Scan(); number++ {
		var rule struct{ All []test }
		if err := json.Unmarshal(lines.Bytes(), &rule); err != nil {
			panic(err)
		}
		if err := machine.AddPattern(number, pattern(rule.All)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	counts := make([]int, size)
	for _, event := range events {
		for _, rule := range must(machine.MatchesForEvent(event)) {
			counts[rule.(int)]++
		}
	}
	used := memory() - before
	wrong := 0
	for number, line := range strings.Split(strings.TrimSpace(string(must(os.ReadFile(rules + ".counts")))), "\n") {
		if counts[number] != must(strconv.Atoi(strings.Fields(line)[1])) {
			wrong++
		}
	}
	times, begun := []float64{}, cpu()
	for len(times) < passes && (len(times) == 0 || cpu()-begun < enough) {
		pass := cpu()
		for _, event := range events {
			must(machine.MatchesForEvent(event))
		}
		times = append(times, float64(cpu()-pass)/float64(len(events)))
	}
	sort.Float64s(times)
	fmt.Printf(`{"table":"many","case":"%s, %d","contender":"quamina (Go)","ns":%.1f,"low":%.1f,"high":%.1f,"events":%d,"rounds":%d,"bytes":%d,"wrong":%d}`+"\n",
		mix, size, times[len(times)/2], times[0], times[len(times)-1], len(events), len(times), used, wrong)
}
