;; Answers with the bool `flag` as "0" or "1" if the event's `read` is true, else with "-" without reading it.
(module
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (func (export "stage_run") (result i32)
    (i32.store8 (i32.const 0) (i32.const 45))
    (if (i32.wrap_i64 (i64.and (call $get (i32.const 0)) (i64.const 1)))
      (then (i32.store8 (i32.const 0)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.and (call $get (i32.const 1)) (i64.const 1)))))))
    (call $set_result (i32.const 0) (i32.const 1) (f64.const nan))
    (i32.const 0))
  (@custom "cascata-manifest" "{\"abi\":\"cascata_v1\",\"fields\":[\"read\",\"flag\"]}"))
