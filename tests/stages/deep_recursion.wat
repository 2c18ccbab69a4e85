;; Calls itself for ever.
(module
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (memory (export "memory") 1)
  (func $down (param i32) (result i32) (i32.add (i32.const 1) (call $down (local.get 0))))
  (func (export "stage_run") (result i32) (call $down (i32.const 1))))
