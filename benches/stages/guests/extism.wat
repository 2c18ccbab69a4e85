;; The same guest work for Extism: eight numbers of its input are read, result, confidence and data are its output. Its input is 64 bytes,
;; so that it parses nothing.
(module
  (import "extism:host/env" "input_load_u64" (func $load (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "pass{\"seen\":8}  ")
  (func (export "run") (result i32)
    (local $i i64) (local $sum i64) (local $out i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (call $load (i64.shl (local.get $i) (i64.const 3)))))
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $again (i64.lt_u (local.get $i) (i64.const 8))))
    (i64.store (i32.const 64) (local.get $sum))
    (local.set $out (call $alloc (i64.const 24)))
    (call $store (local.get $out) (i64.load (i32.const 0)))
    (call $store (i64.add (local.get $out) (i64.const 8)) (i64.load (i32.const 8)))
    (call $store (i64.add (local.get $out) (i64.const 16)) (i64.reinterpret_f64 (f64.const 0.9)))
    (call $output (local.get $out) (i64.const 24))
    (i32.const 0)))
