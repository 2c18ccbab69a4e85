;; Makes a NaN whose bits differ from machine to machine and answers with its sign bit, `0` or `1`, and the fuel-independent rest.
(module
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (func (export "stage_run") (result i32)
    (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.wrap_i64 (i64.shr_u
      (i64.reinterpret_f64 (f64.div (f64.const 0) (f64.const 0))) (i64.const 63)))))
    (call $set_result (i32.const 0) (i32.const 1) (f64.const nan))
    (i32.const 0)))
