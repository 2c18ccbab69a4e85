;; Imports a capability that its stage does not give it.
(module
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (import "cascata_clock_v1" "now_ms" (func (result i64)))
  (memory (export "memory") 1)
  (func (export "stage_run") (result i32) (i32.const 0)))
