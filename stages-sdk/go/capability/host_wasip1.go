//go:build wasip1

package capability

import "unsafe"

//go:wasmimport cascata_clock_v1 now_ms
func hostNowMs() int64

//go:wasmimport cascata_clock_v1 monotonic_ns
func hostMonotonicNs() int64

//go:wasmimport cascata_random_v1 fill
func rawFill(dst unsafe.Pointer, size int32)

//go:wasmimport cascata_secrets_v1 get
func rawSecret(name unsafe.Pointer, nameSize int32, dst unsafe.Pointer, size int32) int32

//go:wasmimport cascata_metrics_v1 counter
func rawCounter(name unsafe.Pointer, size int32, by float64)

//go:wasmimport cascata_metrics_v1 gauge
func rawGauge(name unsafe.Pointer, size int32, value float64)

//go:wasmimport cascata_metrics_v1 histogram
func rawHistogram(name unsafe.Pointer, size int32, value float64)

//go:wasmimport cascata_kv_v1 get
func rawKVGet(key unsafe.Pointer, keySize int32, dst unsafe.Pointer, size int32) int32

//go:wasmimport cascata_kv_v1 value
func rawKVValue(dst unsafe.Pointer, size int32) int32

//go:wasmimport cascata_kv_v1 set
func rawKVSet(key unsafe.Pointer, keySize int32, value unsafe.Pointer, size int32, ttlMs int64) int32

//go:wasmimport cascata_kv_v1 delete
func rawKVDelete(key unsafe.Pointer, keySize int32) int32

//go:wasmimport cascata_kv_v1 add
func rawKVAdd(key unsafe.Pointer, keySize int32, by, ttlMs int64, sum unsafe.Pointer) int32

//go:wasmimport cascata_kv_v1 error
func rawKVError(dst unsafe.Pointer, size int32) int32

//go:wasmimport cascata_http_v1 send
func rawSend(head unsafe.Pointer, headSize int32, body unsafe.Pointer, bodySize int32) int32

//go:wasmimport cascata_http_v1 body
func rawBody(dst unsafe.Pointer, size int32) int32

//go:wasmimport cascata_http_v1 header
func rawHeader(name unsafe.Pointer, nameSize int32, dst unsafe.Pointer, size int32) int32

//go:wasmimport cascata_http_v1 error
func rawHTTPError(dst unsafe.Pointer, size int32) int32

// at is where a text lies; its size goes with it.
func at(text string) (unsafe.Pointer, int32) {
	return unsafe.Pointer(unsafe.StringData(text)), int32(len(text))
}

func in(bytes []byte) (unsafe.Pointer, int32) {
	return unsafe.Pointer(unsafe.SliceData(bytes)), int32(len(bytes))
}

func hostRandom(dst []byte) { rawFill(in(dst)) }

func hostSecret(name string, dst []byte) int32 {
	namePointer, nameSize := at(name)
	pointer, size := in(dst)
	return rawSecret(namePointer, nameSize, pointer, size)
}

func hostMetric(kind int, name string, value float64) {
	pointer, size := at(name)
	switch kind {
	case 0:
		rawCounter(pointer, size, value)
	case 1:
		rawGauge(pointer, size, value)
	default:
		rawHistogram(pointer, size, value)
	}
}

func hostKVGet(key string, dst []byte) int32 {
	keyPointer, keySize := at(key)
	pointer, size := in(dst)
	return rawKVGet(keyPointer, keySize, pointer, size)
}

func hostKVValue(dst []byte) int32 { return rawKVValue(in(dst)) }

func hostKVSet(key string, value []byte, ttlMs int64) int32 {
	keyPointer, keySize := at(key)
	pointer, size := in(value)
	return rawKVSet(keyPointer, keySize, pointer, size, ttlMs)
}

func hostKVDelete(key string) int32 { return rawKVDelete(at(key)) }

func hostKVAdd(key string, by, ttlMs int64) (int64, int32) {
	pointer, size := at(key)
	var sum int64
	code := rawKVAdd(pointer, size, by, ttlMs, unsafe.Pointer(&sum))
	return sum, code
}

func hostKVError(dst []byte) int32 { return rawKVError(in(dst)) }

func hostSend(head string, body []byte) int32 {
	headPointer, headSize := at(head)
	pointer, size := in(body)
	return rawSend(headPointer, headSize, pointer, size)
}

func hostBody(dst []byte) int32 { return rawBody(in(dst)) }

func hostHeader(name string, dst []byte) int32 {
	namePointer, nameSize := at(name)
	pointer, size := in(dst)
	return rawHeader(namePointer, nameSize, pointer, size)
}

func hostHTTPError(dst []byte) int32 { return rawHTTPError(in(dst)) }
