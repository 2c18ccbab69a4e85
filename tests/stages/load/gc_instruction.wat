;; An instruction of the GC proposal, whose types stand in no signature.
(module
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (memory (export "memory") 1)
  (func (export "stage_run") (result i32) (i31.get_s (ref.i31 (i32.const 5)))))
