;; Takes memory until it is refused, then gives up as an allocator does.
(module
  (import "cascata_v1" "set_result" (func (param i32 i32 f64)))
  (memory (export "memory") 1)
  (func (export "stage_run") (result i32)
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    (unreachable)))
