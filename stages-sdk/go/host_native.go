//go:build !wasip1

package stage

// Host answers the imports natively; the package stagetest sets it.
type Host interface {
	Slot(path string) int32
	Get(slot int32) int64
	GetCfg(key string) int64
	Child(handle int32, key string) int64
	At(handle, index int32) int64
	Len(handle int32) int32
	KeyAt(handle, index int32) int64
	Read(handle int32) string
	AsF64(handle int32) float64
	AsI64(handle int32) (int64, bool)
	Log(level int32, message string)
	SetResult(label string, confidence float64)
	SetData(json string)
	Set(path, json string) int32
	Fail(code, status int32, retryAfterMs int64, retryable bool, message string)
	Meta(which int32) int64
}

// Native is the host of the running test.
var Native Host

func hostSlot(path string) int32               { return Native.Slot(path) }
func hostGet(slot int32) int64                 { return Native.Get(slot) }
func hostGetCfg(key string) int64              { return Native.GetCfg(key) }
func hostChild(handle int32, key string) int64 { return Native.Child(handle, key) }
func hostAt(handle, index int32) int64         { return Native.At(handle, index) }
func hostLen(handle int32) int32               { return Native.Len(handle) }
func hostKeyAt(handle, index int32) int64      { return Native.KeyAt(handle, index) }
func hostRead(handle int32) string             { return Native.Read(handle) }
func hostAsF64(handle int32) float64           { return Native.AsF64(handle) }
func hostAsI64(handle int32) (int64, bool)     { return Native.AsI64(handle) }
func hostLog(level int32, message string)      { Native.Log(level, message) }
func hostSetResult(label string, sure float64) { Native.SetResult(label, sure) }
func hostSetData(json string)                  { Native.SetData(json) }
func hostSet(path, json string) int32          { return Native.Set(path, json) }
func hostMeta(which int32) int64               { return Native.Meta(which) }
func hostFail(code, status int32, retryAfterMs int64, retryable bool, message string) {
	Native.Fail(code, status, retryAfterMs, retryable, message)
}
