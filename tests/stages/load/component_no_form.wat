;; Exports a function that is none of a stage's.
(component
  (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "memory") 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (export "decide" (func $f)))
