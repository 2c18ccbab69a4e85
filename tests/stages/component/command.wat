;; A command for WASI 0.2: writes its answer to standard output, a line to standard error; exits with 3 if it can't.
(module
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $stderr (result i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"result\": \"seen\", \"confidence\": 0.5}reading")
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  ;; 0: done; 1: failed, because the environment was not empty.
  (func (export "wasi:cli/run@0.2.0#run") (result i32)
    (call $write (call $stderr) (i32.const 37) (i32.const 7) (i32.const 512))
    (call $environment (i32.const 520))
    (if (i32.load (i32.const 524)) (then (return (i32.const 1))))
    (call $write (call $stdout) (i32.const 0) (i32.const 37) (i32.const 512))
    (i32.const 0)))
