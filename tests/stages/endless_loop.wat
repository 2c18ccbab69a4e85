;; Never ends and calls nothing.
(module
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (memory (export "memory") 1)
  (func $spin (loop $again (br $again)))
  (func (export "stage_run") (result i32) (call $spin) (i32.const 0)))
