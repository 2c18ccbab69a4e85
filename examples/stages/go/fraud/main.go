// Fraud scoring, as examples/stages/README.md defines it for every language.
package main

import "cascata.dev/stage"

// The manifest's fields, in its order.
const (
	trusted = iota
	amount
	country
	velocity
	items
)

// Signs is the stage's data.
type Signs struct {
	Reasons []string `json:"reasons"`
	Points  int64    `json:"points"`
	Country *string  `json:"country"`
}

func init() { stage.Run(score) }

func main() {}

func score(event stage.Event) (stage.Outcome, error) {
	paid, ok := event.Field(amount).Float()
	if !ok {
		return stage.Outcome{}, stage.InvalidInput("amount is not a number")
	}
	if event.Field(velocity).Kind() == stage.Null {
		unknown := stage.Unavailable("velocity is not known yet")
		unknown.Status, unknown.RetryAfterMs = 503, 250
		return stage.Outcome{}, unknown
	}
	limit, ok := stage.Config("limit").Float()
	if !ok {
		limit = 1000
	}
	signs := Signs{Reasons: []string{}}
	if name, ok := event.Field(country).Text(); ok {
		signs.Country = &name
	}
	lately, _ := event.Field(velocity).Int()
	cards := giftCards(event.Field(items))

	signs.count(paid > limit, 40, "amount")
	signs.count(signs.Country != nil && isListed(*signs.Country), 30, "country")
	signs.count(lately >= 5, 20, "velocity")
	signs.count(cards > 0, 10*min(cards, 3), "gift_cards")
	signs.count(event.Field(trusted).IsTrue(), signs.Points/2-signs.Points, "trusted")
	signs.Points = min(signs.Points, 100)

	result := "pass"
	switch {
	case signs.Points >= 70:
		result = "block"
		stage.Log(stage.Warn, "blocked")
	case signs.Points >= 30:
		result = "review"
	}
	if err := stage.Set("risk.points", signs.Points); err != nil {
		return stage.Outcome{}, err
	}
	sure := float64(max(signs.Points, 100-signs.Points)) / 100
	return stage.Outcome{Result: result}.Sure(sure).With(signs), nil
}

func (s *Signs) count(applies bool, more int64, reason string) {
	if applies {
		s.Points += more
		s.Reasons = append(s.Reasons, reason)
	}
}

func isListed(country string) bool {
	for _, listed := range stage.Config("countries").Items() {
		if listed.Is(country) {
			return true
		}
	}
	return false
}

func giftCards(items stage.Value) int64 {
	cards := int64(0)
	for _, item := range items.Items() {
		if !item.Get("kind").Is("gift_card") {
			continue
		}
		if quantity, ok := item.Get("quantity").Int(); ok && quantity >= 1 && quantity <= 99 {
			cards += quantity
		} else {
			cards++
		}
	}
	return cards
}
