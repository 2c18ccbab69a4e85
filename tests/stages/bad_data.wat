;; Gives data that is JSON but no object.
(module
  (import "cascata_v1" "set_data" (func $set_data (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "[1, 2]")
  (func (export "stage_run") (result i32)
    (call $set_data (i32.const 0) (i32.const 6))
    (i32.const 0)))
