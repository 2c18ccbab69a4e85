;; `run` without `init`, and a near miss.
(component
  (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "memory") 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (export "initt" (func $f))
  (export "run" (func $f)))
