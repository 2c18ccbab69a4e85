;; The module inside starts with more memory than the limit.
(component
  (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "memory") 2000))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (export "init" (func $f))
  (export "run" (func $f)))
