;; Reports a failure from `stage_init`.
(module
  (import "cascata_v1" "fail" (func $fail (param i32 i32 i64 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "no model")
  (func (export "stage_init") (result i32)
    (call $fail (i32.const 1) (i32.const 0) (i64.const -1) (i32.const 0) (i32.const 0) (i32.const 8))
    (i32.const 1))
  (func (export "stage_run") (result i32) (i32.const 0)))
