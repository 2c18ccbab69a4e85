;; Writes to the event: two that are taken, then one to a path of results (1), one that is no JSON (2).
(module
  (import "cascata_v1" "set" (func $set (param i32 i32 i32 i32) (result i32)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "risk.score0.5[1,{}]flagsstages.A.resultnope")
  (func (export "stage_run") (result i32)
    (i32.store8 (i32.const 100) (i32.add (i32.const 48) (call $set (i32.const 0) (i32.const 10) (i32.const 10) (i32.const 3))))
    (i32.store8 (i32.const 101) (i32.add (i32.const 48) (call $set (i32.const 19) (i32.const 5) (i32.const 13) (i32.const 6))))
    (i32.store8 (i32.const 102) (i32.add (i32.const 48) (call $set (i32.const 24) (i32.const 15) (i32.const 10) (i32.const 3))))
    (i32.store8 (i32.const 103) (i32.add (i32.const 48) (call $set (i32.const 0) (i32.const 10) (i32.const 39) (i32.const 4))))
    (call $set_result (i32.const 100) (i32.const 4) (f64.const nan))
    (i32.const 0)))
