;; Is surer than certain.
(module
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "pass")
  (func (export "stage_run") (result i32)
    (call $set_result (i32.const 0) (i32.const 4) (f64.const 1.5))
    (i32.const 0)))
