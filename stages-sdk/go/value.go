package stage

// Event is the event being routed.
type Event struct{}

// Field is the value of the manifest's n-th field.
func (Event) Field(slot int) Value { return Value(hostGet(int32(slot))) }

// Path is the value of any field: "items[0].price", "stages.A.result".
func (Event) Path(path string) Value {
	slot := hostSlot(path)
	if slot < 0 {
		return 0
	}
	return Value(hostGet(slot))
}

// Config is a key of the stage's `with:` block; "" is the whole block.
func Config(key string) Value { return Value(hostGetCfg(key)) }

// Value is a field of the event or of the configuration: bits 63..56 its kind, 55..32 a length, 31..0 a handle.
type Value int64

// Kind is what a value is.
type Kind int

// The kinds.
const (
	Missing Kind = iota
	Null
	Bool
	Int
	Float
	Text
	Array
	Object
	Stale
)

// Kind tells what the value is.
func (v Value) Kind() Kind {
	if kind := Kind(uint64(v) >> 56); kind < Stale {
		return kind
	}
	return Stale
}

func (v Value) handle() int32 { return int32(v) }

// IsNil tells whether it is missing or null, which conditions treat alike.
func (v Value) IsNil() bool { return v.Kind() <= Null }

// IsTrue tells whether it is the boolean true.
func (v Value) IsTrue() bool { return v.Kind() == Bool && v.handle() != 0 }

// Float is a number.
func (v Value) Float() (float64, bool) {
	if v.Kind() != Int && v.Kind() != Float {
		return 0, false
	}
	return hostAsF64(v.handle()), true
}

// Int is a number without fraction, within 64 bits.
func (v Value) Int() (int64, bool) {
	if v.Kind() != Int && v.Kind() != Float {
		return 0, false
	}
	return hostAsI64(v.handle())
}

// Text is a copy of a text.
func (v Value) Text() (string, bool) {
	if v.Kind() != Text {
		return "", false
	}
	return hostRead(v.handle()), true
}

// JSON is a copy of a number, an array or an object as JSON, or of a text as it is; empty for anything else.
func (v Value) JSON() string {
	if v.Kind() < Int || v.Kind() == Stale {
		return ""
	}
	return hostRead(v.handle())
}

// Is tells whether it is this text.
func (v Value) Is(text string) bool {
	own, ok := v.Text()
	return ok && own == text
}

// Get is an entry of an object; missing in anything else.
func (v Value) Get(key string) Value {
	if v.Kind() != Object {
		return 0
	}
	return Value(hostChild(v.handle(), key))
}

// At is an element of an array, or the value of an object's entry, by position.
func (v Value) At(index int) Value {
	if v.Kind() != Array && v.Kind() != Object {
		return 0
	}
	return Value(hostAt(v.handle(), int32(index)))
}

// KeyAt is the key of an object's entry by position.
func (v Value) KeyAt(index int) Value {
	if v.Kind() != Object {
		return 0
	}
	return Value(hostKeyAt(v.handle(), int32(index)))
}

// Len is how many elements an array, entries an object or bytes a text has; 0 for anything else.
func (v Value) Len() int {
	if v.Kind() < Text || v.Kind() == Stale {
		return 0
	}
	return max(int(hostLen(v.handle())), 0)
}

// Items goes through the elements of an array with their positions; none for any other kind.
func (v Value) Items() func(yield func(int, Value) bool) {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		for index := range v.Len() {
			if !yield(index, v.At(index)) {
				return
			}
		}
	}
}
