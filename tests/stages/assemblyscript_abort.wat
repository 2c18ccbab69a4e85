;; Aborts as AssemblyScript does: a UTF-16 message with its length in bytes before it.
(module
  (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (memory (export "memory") 1)
  (data (i32.const 12) "\06\00\00\00b\00a\00d\00")
  (func (export "stage_run") (result i32)
    (call $abort (i32.const 16) (i32.const 0) (i32.const 7) (i32.const 3))
    (i32.const 0)))
