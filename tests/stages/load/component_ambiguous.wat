;; A stage and a command at once.
(component
  (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "memory") 1))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $run (export "run" (func $f)))
  (export "wasi:cli/run@0.2.3" (instance $run))
  (export "run" (func $f)))
