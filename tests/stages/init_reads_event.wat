;; Reads the event from `stage_init`, where there is none.
(module
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (memory (export "memory") 1)
  (func (export "stage_init") (result i32) (drop (call $get (i32.const 0))) (i32.const 0))
  (func (export "stage_run") (result i32) (i32.const 0)))
