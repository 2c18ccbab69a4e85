;; Logs far more than is kept, then succeeds.
(module
  (import "cascata_v1" "log" (func $log (param i32 i32 i32)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 64)
  (data (i32.const 0) "pass")
  (func (export "stage_run") (result i32)
    (local $i i32)
    (loop $again
      (call $log (i32.const 2) (i32.const 0) (i32.const 4000000))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 10))))
    (call $set_result (i32.const 0) (i32.const 4) (f64.const nan))
    (i32.const 0)))
