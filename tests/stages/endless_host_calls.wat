;; Never ends and spends its time in the host: scans a large field again and again.
(module
  (import "cascata_v1" "slot" (func $slot (param i32 i32) (result i32)))
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (import "cascata_v1" "child" (func $child (param i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "big")
  (func (export "stage_run") (result i32)
    (local $big i32)
    (local.set $big (i32.wrap_i64 (call $get (call $slot (i32.const 0) (i32.const 3)))))
    (loop $again
      (drop (call $child (local.get $big) (i32.const 0) (i32.const 3)))
      (br $again))
    (i32.const 0)))
