(module
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (import "env" "memory" (memory 1))
  (export "memory" (memory 0))
  (func (export "stage_run") (result i32) (i32.const 0)))
