;; Grows its table until it is refused, then gives up.
(module
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "stage_run") (result i32)
    (loop $again
      (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
    (unreachable)))
