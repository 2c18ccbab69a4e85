;; Reports a failure with everything that can be said about one, after a log line and a write that must be dropped.
(module
  (import "cascata_v1" "set" (func $set (param i32 i32 i32 i32) (result i32)))
  (import "cascata_v1" "log" (func $log (param i32 i32 i32)))
  (import "cascata_v1" "fail" (func $fail (param i32 i32 i64 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "a.b1trying hardbusy")
  (func (export "stage_run") (result i32)
    (drop (call $set (i32.const 0) (i32.const 3) (i32.const 3) (i32.const 1)))
    (call $log (i32.const 3) (i32.const 4) (i32.const 11))
    (call $fail (i32.const 2) (i32.const 503) (i64.const 1500) (i32.const 1) (i32.const 15) (i32.const 4))
    (i32.const 1)))
