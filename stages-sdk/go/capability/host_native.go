//go:build !wasip1

package capability

// kept is what the last hostKVGet found.
var kept []byte

// Host answers the imports natively; the package stagetest sets it. Texts are given as a whole, with the number that stands for none.
type Host interface {
	NowMs() int64
	MonotonicNs() int64
	Random(dst []byte)
	Secret(name string) (string, int32)
	Metric(kind int, name string, value float64)
	KVGet(key string) ([]byte, int32)
	KVSet(key string, value []byte, ttlMs int64) int32
	KVDelete(key string) int32
	KVAdd(key string, by, ttlMs int64) (int64, int32)
	KVError() string
	Send(head string, body []byte) int32
	Body() []byte
	Header(name string) (string, int32)
	HTTPError() string
}

// Native is the host of the running test.
var Native Host

// copied hands bytes over as the engine does: all of them or none, and their length.
func copied(bytes []byte, code int32, dst []byte) int32 {
	if code < 0 {
		return code
	}
	if len(bytes) <= len(dst) {
		copy(dst, bytes)
	}
	return int32(len(bytes))
}

func hostNowMs() int64                                { return Native.NowMs() }
func hostMonotonicNs() int64                          { return Native.MonotonicNs() }
func hostRandom(dst []byte)                           { Native.Random(dst) }
func hostMetric(kind int, name string, v float64)     { Native.Metric(kind, name, v) }
func hostKVSet(key string, v []byte, ttl int64) int32 { return Native.KVSet(key, v, ttl) }
func hostKVDelete(key string) int32                   { return Native.KVDelete(key) }
func hostKVError(dst []byte) int32                    { return copied([]byte(Native.KVError()), 0, dst) }
func hostSend(head string, body []byte) int32         { return Native.Send(head, body) }
func hostBody(dst []byte) int32                       { return copied(Native.Body(), 0, dst) }
func hostHTTPError(dst []byte) int32                  { return copied([]byte(Native.HTTPError()), 0, dst) }

func hostSecret(name string, dst []byte) int32 {
	value, code := Native.Secret(name)
	return copied([]byte(value), code, dst)
}

func hostKVGet(key string, dst []byte) int32 {
	value, code := Native.KVGet(key)
	kept = value
	return copied(value, code, dst)
}

func hostKVValue(dst []byte) int32 { return copied(kept, 0, dst) }

func hostKVAdd(key string, by, ttl int64) (int64, int32) { return Native.KVAdd(key, by, ttl) }

func hostHeader(name string, dst []byte) int32 {
	value, code := Native.Header(name)
	return copied([]byte(value), code, dst)
}
