//go:build wasip1

package stage

import "unsafe"

//go:wasmimport cascata_v1 slot
func rawSlot(path unsafe.Pointer, size int32) int32

//go:wasmimport cascata_v1 get
func hostGet(slot int32) int64

//go:wasmimport cascata_v1 get_cfg
func rawGetCfg(key unsafe.Pointer, size int32) int64

//go:wasmimport cascata_v1 child
func rawChild(handle int32, key unsafe.Pointer, size int32) int64

//go:wasmimport cascata_v1 at
func hostAt(handle, index int32) int64

//go:wasmimport cascata_v1 len
func hostLen(handle int32) int32

//go:wasmimport cascata_v1 key_at
func hostKeyAt(handle, index int32) int64

//go:wasmimport cascata_v1 read
func rawRead(handle int32, dst unsafe.Pointer, size int32) int32

//go:wasmimport cascata_v1 as_f64
func hostAsF64(handle int32) float64

//go:wasmimport cascata_v1 as_i64
func rawAsI64(handle int32, out unsafe.Pointer) int32

//go:wasmimport cascata_v1 log
func rawLog(level int32, message unsafe.Pointer, size int32)

//go:wasmimport cascata_v1 set_result
func rawSetResult(label unsafe.Pointer, size int32, confidence float64)

//go:wasmimport cascata_v1 set_data
func rawSetData(json unsafe.Pointer, size int32)

//go:wasmimport cascata_v1 set
func rawSet(path unsafe.Pointer, pathSize int32, json unsafe.Pointer, jsonSize int32) int32

//go:wasmimport cascata_v1 fail
func rawFail(code, status int32, retryAfterMs int64, retryable int32, message unsafe.Pointer, size int32)

//go:wasmimport cascata_v1 meta
func hostMeta(which int32) int64

//go:wasmexport stage_init
func stageInit() int32 { return Starts() }

//go:wasmexport stage_run
func stageRun() int32 { return Runs() }

// at is where a text lies; its size goes with it.
func at(text string) (unsafe.Pointer, int32) {
	return unsafe.Pointer(unsafe.StringData(text)), int32(len(text))
}

func hostSlot(path string) int32 {
	pointer, size := at(path)
	return rawSlot(pointer, size)
}

func hostGetCfg(key string) int64 {
	pointer, size := at(key)
	return rawGetCfg(pointer, size)
}

func hostChild(handle int32, key string) int64 {
	pointer, size := at(key)
	return rawChild(handle, pointer, size)
}

func hostRead(handle int32) string {
	size := rawRead(handle, nil, 0)
	if size <= 0 {
		return ""
	}
	bytes := make([]byte, size)
	rawRead(handle, unsafe.Pointer(unsafe.SliceData(bytes)), size)
	return string(bytes)
}

func hostAsI64(handle int32) (int64, bool) {
	var out int64
	return out, rawAsI64(handle, unsafe.Pointer(&out)) == 0
}

func hostLog(level int32, message string) {
	pointer, size := at(message)
	rawLog(level, pointer, size)
}

func hostSetResult(label string, confidence float64) {
	pointer, size := at(label)
	rawSetResult(pointer, size, confidence)
}

func hostSetData(json string) {
	pointer, size := at(json)
	rawSetData(pointer, size)
}

func hostSet(path, json string) int32 {
	pointer, size := at(path)
	jsonPointer, jsonSize := at(json)
	return rawSet(pointer, size, jsonPointer, jsonSize)
}

func hostFail(code, status int32, retryAfterMs int64, retryable bool, message string) {
	pointer, size := at(message)
	flag := int32(0)
	if retryable {
		flag = 1
	}
	rawFail(code, status, retryAfterMs, flag, pointer, size)
}
