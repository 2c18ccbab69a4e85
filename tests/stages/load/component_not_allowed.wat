;; Imports a capability that its stage does not give it.
(component
  (import "cascata:stage/random@0.1.0" (instance))
  (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "memory") 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (export "init" (func $f))
  (export "run" (func $f)))
