;; Reads two fields and one key of its configuration, answers with result, confidence and data.
;; result "review" if amount > limit, else "pass".
(module
  (import "cascata_v1" "slot" (func $slot (param i32 i32) (result i32)))
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (import "cascata_v1" "get_cfg" (func $get_cfg (param i32 i32) (result i64)))
  (import "cascata_v1" "as_f64" (func $as_f64 (param i32) (result f64)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (import "cascata_v1" "set_data" (func $set_data (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "amountlimitreviewpass{\"seen\":true}")
  (func (export "stage_run") (result i32)
    (local $amount f64)
    (local.set $amount
      (call $as_f64 (i32.wrap_i64 (call $get (call $slot (i32.const 0) (i32.const 6))))))
    (call $set_data (i32.const 21) (i32.const 13))
    (if (f64.gt (local.get $amount)
                (call $as_f64 (i32.wrap_i64 (call $get_cfg (i32.const 6) (i32.const 5)))))
      (then (call $set_result (i32.const 11) (i32.const 6) (f64.const 0.75)))
      (else (call $set_result (i32.const 17) (i32.const 4) (f64.const nan))))
    (i32.const 0)))
