;; Does what the event's `mode` says; each mode is one way to behave, or to misbehave.
(module
  (import "cascata:stage/event@0.2.0" "slot" (func $slot (param i32 i32 i32)))
  (import "cascata:stage/event@0.2.0" "get" (func $get (param i32 i32)))
  (import "cascata:stage/event@0.2.0" "get-many" (func $get_many (param i32 i32 i32)))
  (import "cascata:stage/event@0.2.0" "kind-of" (func $kind_of (param i32) (result i32)))
  (import "cascata:stage/event@0.2.0" "len" (func $len (param i32) (result i32)))
  (import "cascata:stage/event@0.2.0" "child" (func $child (param i32 i32 i32 i32)))
  (import "cascata:stage/event@0.2.0" "item" (func $item (param i32 i32 i32)))
  (import "cascata:stage/event@0.2.0" "keys" (func $keys (param i32 i32 i32 i32)))
  (import "cascata:stage/event@0.2.0" "json" (func $json (param i32 i32)))
  (import "cascata:stage/writes@0.2.0" "set" (func $set (param i32 i32 i32 i32 i32)))
  (import "cascata:stage/logging@0.2.0" "enabled" (func $enabled (param i32) (result i32)))
  (import "cascata:stage/logging@0.2.0" "log" (func $log (param i32 i32 i32)))
  (import "cascata:stage/call@0.2.0" "attempt" (func $attempt (result i32)))
  (import "cascata:stage/call@0.2.0" "stage-name" (func $stage_name (param i32)))
  (import "cascata:stage/call@0.2.0" "remaining-ms" (func $remaining (result i64)))
  (import "cascata:stage/call@0.2.0" "fencing-token" (func $fencing (param i32)))
  (memory (export "memory") 1)
  ;;                0   4    9    14       23        33   38  42  46 49
  (data (i32.const 0) "modeitemsok   risk.seenstages.x.ybusy oncetruekey\ff\fe")
  (global $next (mut i32) (i32.const 4096))
  (global $calls (mut i32) (i32.const 0))
  (global $kept (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
      (then (if (i32.eq (memory.grow (i32.add (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1))) (i32.const -1))
        (then (unreachable)))))
    (local.get $at))
  (func (export "init") (result i32)
    (i32.store8 (i32.const 256) (i32.const 0))
    (i32.const 256))
  ;; The slot of a text becomes its value at 128.
  (func $field (param $at i32) (param $len i32)
    (call $slot (local.get $at) (local.get $len) (i32.const 64))
    (call $get (i32.load (i32.const 68)) (i32.const 128)))
  (func $answer (param $at i32) (param $len i32)
    (i32.store8 (i32.const 256) (i32.const 0))
    (i32.store (i32.const 264) (local.get $at))
    (i32.store (i32.const 268) (local.get $len))
    (i32.store8 (i32.const 272) (i32.const 0))
    (i32.store8 (i32.const 288) (i32.const 0)))
  (func $data (param $at i32) (param $len i32)
    (i32.store8 (i32.const 288) (i32.const 1))
    (i32.store (i32.const 292) (local.get $at))
    (i32.store (i32.const 296) (local.get $len)))
  ;; A digit as the result.
  (func $digit (param $number i32)
    (i32.store8 (i32.const 512) (i32.add (i32.const 48) (local.get $number)))
    (call $answer (i32.const 512) (i32.const 1)))
  (func $boom (unreachable))
  (func $deep (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
  (func (export "run") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (call $field (i32.const 0) (i32.const 4))
    (call $answer (i32.const 9) (i32.const 2))
    (block $end
      (block $15 (block $14 (block $13 (block $12 (block $11 (block $10 (block $9 (block $8 (block $7
      (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
        (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 (i32.wrap_i64 (i64.load (i32.const 136)))))
        ;; 0: the calls this instance has seen
        (call $digit (global.get $calls)) (br $end))
        ;; 1: a confidence of NaN
        (i32.store8 (i32.const 272) (i32.const 1))
        (f64.store (i32.const 280) (f64.const nan)) (br $end))
        ;; 2: a trap
        (call $boom) (br $end))
        ;; 3: a loop
        (loop $again (br $again)) (br $end))
        ;; 4: memory without end
        (loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        (unreachable))
        ;; 5: an error of its own: unavailable, "busy", retryable, status 503, 1,000 ms
        (i32.store8 (i32.const 256) (i32.const 1))
        (i32.store8 (i32.const 264) (i32.const 2))
        (i32.store (i32.const 268) (i32.const 33))
        (i32.store (i32.const 272) (i32.const 4))
        (i32.store8 (i32.const 276) (i32.const 1))
        (i32.store8 (i32.const 280) (i32.const 1))
        (i32.store (i32.const 284) (i32.const 503))
        (i32.store8 (i32.const 288) (i32.const 1))
        (i64.store (i32.const 296) (i64.const 1000)) (br $end))
        ;; 6: writes: one that is made, one where none may be, one that is no JSON; the two errors are the result
        (call $set (i32.const 14) (i32.const 9) (i32.const 42) (i32.const 4) (i32.const 192))
        (call $set (i32.const 23) (i32.const 10) (i32.const 42) (i32.const 4) (i32.const 200))
        (call $set (i32.const 14) (i32.const 9) (i32.const 9) (i32.const 2) (i32.const 208))
        (i32.store8 (i32.const 512) (i32.add (i32.const 48) (i32.load8_u (i32.const 192))))
        (i32.store8 (i32.const 513) (i32.add (i32.const 48) (i32.add
          (i32.mul (i32.load8_u (i32.const 200)) (i32.const 2)) (i32.load8_u (i32.const 201)))))
        (i32.store8 (i32.const 514) (i32.add (i32.const 48) (i32.add
          (i32.mul (i32.load8_u (i32.const 208)) (i32.const 2)) (i32.load8_u (i32.const 209)))))
        (call $answer (i32.const 512) (i32.const 3)) (br $end))
        ;; 7: a line of the log, if it is kept
        (if (call $enabled (i32.const 3)) (then (call $log (i32.const 3) (i32.const 38) (i32.const 4))))
        (if (call $enabled (i32.const 0)) (then (unreachable))) (br $end))
        ;; 8: more data than memory
        (call $data (i32.const 0) (i32.const 0x7fffffff)) (br $end))
        ;; 9: recursion
        (drop (call $deep (i32.const 0))) (br $end))
        ;; 10: `items` as data; kind, length and the number of keys as the result
        (call $field (i32.const 4) (i32.const 5))
        (i32.store8 (i32.const 512) (i32.add (i32.const 48) (call $kind_of (i32.load (i32.const 136)))))
        (i32.store8 (i32.const 513) (i32.add (i32.const 48) (call $len (i32.load (i32.const 136)))))
        (call $keys (i32.load (i32.const 136)) (i32.const 0) (i32.const 9) (i32.const 160))
        (i32.store8 (i32.const 514) (i32.add (i32.const 48) (i32.load (i32.const 164))))
        (call $json (i32.load (i32.const 136)) (i32.const 160))
        (call $answer (i32.const 512) (i32.const 3))
        (call $data (i32.load (i32.const 164)) (i32.load (i32.const 168))) (br $end))
        ;; 11: a result that is no text
        (call $answer (i32.const 49) (i32.const 2)) (br $end))
        ;; 12: a result outside of memory
        (call $answer (i32.const -8) (i32.const 100)) (br $end))
        ;; 13: the kind of what a node of an earlier call is now
        (call $digit (call $kind_of (global.get $kept)))
        (call $field (i32.const 4) (i32.const 5))
        (global.set $kept (i32.load (i32.const 136))) (br $end))
        ;; 14: the text at `items.key`
        (call $field (i32.const 4) (i32.const 5))
        (call $child (i32.load (i32.const 136)) (i32.const 46) (i32.const 3) (i32.const 128))
        (call $answer (i32.load (i32.const 136)) (i32.load (i32.const 140))) (br $end))
      ;; 15: the stage's name, if attempt is 1, there is time and no token
      (call $stage_name (i32.const 160))
      (call $fencing (i32.const 176))
      (if (i32.and (i32.eq (call $attempt) (i32.const 1))
            (i32.and (i64.gt_u (call $remaining) (i64.const 0)) (i32.eqz (i32.load8_u (i32.const 176)))))
        (then (call $answer (i32.load (i32.const 160)) (i32.load (i32.const 164))))))
    (i32.const 256))
  ;; Never called: they keep the imports.
  (func $unused
    (call $get_many (i32.const 0) (i32.const 0) (i32.const 0))
    (call $item (i32.const 0) (i32.const 0) (i32.const 0))))
