;; `get` of the event takes a path here, where the world has a slot.
(component
  (import "cascata:stage/event@0.1.0" (instance (export "get" (func (param "path" string)))))
  (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "memory") 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (export "init" (func $f))
  (export "run" (func $f)))
