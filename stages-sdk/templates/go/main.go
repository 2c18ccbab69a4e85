package main

import "cascata.dev/stage"

// The manifest's fields, in its order.
const (
	amount = iota
)

func init() { stage.Run(run) }

func main() {}

func run(event stage.Event) (stage.Outcome, error) {
	paid, ok := event.Field(amount).Float()
	if !ok {
		return stage.Outcome{}, stage.InvalidInput("amount is not a number")
	}
	limit, ok := stage.Config("limit").Float()
	if !ok {
		limit = 1000
	}
	result := "pass"
	if paid > limit {
		result = "review"
	}
	return stage.Outcome{Result: result}.Sure(0.9), nil
}
