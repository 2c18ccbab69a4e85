;; Sends the text of `head` with that of `body` as often as `times` has letters, and answers with the header `x-answer`, else
;; with the body, else with the message and the code's letter: a for -1.
(module
  (import "cascata_v1" "slot" (func $slot (param i32 i32) (result i32)))
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (import "cascata_v1" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (import "cascata_http_v1" "send" (func $send (param i32 i32 i32 i32) (result i32)))
  (import "cascata_http_v1" "body" (func $body (param i32 i32) (result i32)))
  (import "cascata_http_v1" "header" (func $header (param i32 i32 i32 i32) (result i32)))
  (import "cascata_http_v1" "error" (func $error (param i32 i32) (result i32)))
  (memory (export "memory") 8)
  (data (i32.const 0) "head")
  (data (i32.const 8) "body")
  (data (i32.const 16) "times")
  (data (i32.const 24) "x-answer")
  (func $text (param $name i32) (param $length i32) (param $at i32) (result i32)
    (call $read
      (i32.wrap_i64 (call $get (call $slot (local.get $name) (local.get $length))))
      (local.get $at) (i32.const 65536)))
  (func (export "stage_run") (result i32)
    (local $head i32) (local $length i32) (local $times i32) (local $said i32)
    (local.set $head (call $text (i32.const 0) (i32.const 4) (i32.const 65536)))
    (local.set $length (call $text (i32.const 8) (i32.const 4) (i32.const 131072)))
    (local.set $times (call $text (i32.const 16) (i32.const 5) (i32.const 1024)))
    (loop $again
      (local.set $said
        (call $send (i32.const 65536) (local.get $head) (i32.const 131072) (local.get $length)))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $times) (i32.const 0))))
    (if (i32.lt_s (local.get $said) (i32.const 0))
      (then
        (local.set $length (call $error (i32.const 196608) (i32.const 65536)))
        (i32.store8 (i32.add (i32.const 196608) (local.get $length)) (i32.sub (i32.const 96) (local.get $said)))
        (call $set_result (i32.const 196608) (i32.add (local.get $length) (i32.const 1)) (f64.const nan))
        (return (i32.const 0))))
    (local.set $length
      (call $header (i32.const 24) (i32.const 8) (i32.const 196608) (i32.const 65536)))
    (if (i32.lt_s (local.get $length) (i32.const 0))
      (then (local.set $length (call $body (i32.const 196608) (i32.const 65536)))))
    (call $set_result (i32.const 196608) (local.get $length) (f64.const nan))
    (i32.const 0)))
