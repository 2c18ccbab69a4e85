;; Tries the handle that the event's `handle` gives, and the one it kept from the call before, with every import that takes one.
;; Answers "safe" if all of them say what they say to a handle that was never given out.
(module
  (import "cascata_v1" "slot" (func $slot (param i32 i32) (result i32)))
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (import "cascata_v1" "child" (func $child (param i32 i32 i32) (result i64)))
  (import "cascata_v1" "at" (func $at (param i32 i32) (result i64)))
  (import "cascata_v1" "len" (func $len (param i32) (result i32)))
  (import "cascata_v1" "key_at" (func $key_at (param i32 i32) (result i64)))
  (import "cascata_v1" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "cascata_v1" "as_f64" (func $as_f64 (param i32) (result f64)))
  (import "cascata_v1" "as_i64" (func $as_i64 (param i32 i32) (result i32)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "handlesafeopentext")
  (global $kept (mut i32) (i32.const 0))
  ;; 1 if a handle is dead everywhere
  (func $dead (param $h i32) (result i32)
    (local $f f64)
    (local.set $f (call $as_f64 (local.get $h)))
    (i32.and
      (i32.and
        (i32.and (i32.eq (call $len (local.get $h)) (i32.const -1))
                 (i32.eq (call $read (local.get $h) (i32.const 100) (i32.const 100)) (i32.const -1)))
        (i32.and (f64.ne (local.get $f) (local.get $f))
                 (i32.eq (call $as_i64 (local.get $h) (i32.const 100)) (i32.const 1))))
      (i32.and
        (i32.and (i64.eq (call $child (local.get $h) (i32.const 0) (i32.const 1)) (i64.const 0x0800000000000000))
                 (i64.eq (call $at (local.get $h) (i32.const 0)) (i64.const 0x0800000000000000)))
        (i64.eq (call $key_at (local.get $h) (i32.const 0)) (i64.const 0x0800000000000000)))))
  (func (export "stage_run") (result i32)
    (local $h i32)
    (drop (call $as_i64 (i32.wrap_i64 (call $get (call $slot (i32.const 0) (i32.const 6)))) (i32.const 100)))
    (local.set $h (i32.load (i32.const 100)))
    (if (i32.and (call $dead (local.get $h)) (call $dead (global.get $kept)))
      (then (call $set_result (i32.const 6) (i32.const 4) (f64.const nan)))
      (else (call $set_result (i32.const 10) (i32.const 4) (f64.const nan))))
    (global.set $kept (i32.wrap_i64 (call $get (call $slot (i32.const 14) (i32.const 4)))))
    (i32.const 0)))
