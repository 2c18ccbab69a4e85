;; Counts its calls in a global and answers "1" to "9"; traps when the event's `trap` is true. With kept instances the count
;; goes on, after a trap it begins again.
(module
  (import "cascata_v1" "slot" (func $slot (param i32 i32) (result i32)))
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "trap")
  (global $calls (mut i32) (i32.const 0))
  (func $boom (unreachable))
  (func (export "stage_run") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.wrap_i64 (i64.and (call $get (call $slot (i32.const 0) (i32.const 4))) (i64.const 1)))
      (then (call $boom)))
    (i32.store8 (i32.const 16) (i32.add (i32.const 48) (global.get $calls)))
    (call $set_result (i32.const 16) (i32.const 1) (f64.const nan))
    (i32.const 0)))
