;; Posts "body!" with a header to the text of `url`, and answers with the body, else with the message and the reason's letter.
(module
  (import "cascata:stage/event@0.2.0" "slot" (func $slot (param i32 i32 i32)))
  (import "cascata:stage/event@0.2.0" "get" (func $get (param i32 i32)))
  (import "cascata:stage/http@0.2.0" "send"
    (func $send (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 4)
  (data (i32.const 0) "url")
  (data (i32.const 8) "POST")
  (data (i32.const 16) "x-one")
  (data (i32.const 24) "1")
  (data (i32.const 32) "body!")
  ;; One header: where its name and its value are, each with its length.
  (data (i32.const 48) "\10\00\00\00\05\00\00\00\18\00\00\00\01\00\00\00")
  (global $next (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "init") (result i32) (i32.const 256))
  (func (export "run") (result i32)
    (call $slot (i32.const 0) (i32.const 3) (i32.const 512))
    (call $get (i32.load (i32.const 516)) (i32.const 520))
    (call $send
      (i32.const 8) (i32.const 4)
      (i32.load (i32.const 528)) (i32.load (i32.const 532))
      (i32.const 48) (i32.const 1)
      (i32.const 32) (i32.const 5)
      (i32.const 600))
    (if (i32.load8_u (i32.const 600))
      (then
        (i32.store (i32.const 264) (i32.load (i32.const 608)))
        (i32.store (i32.const 268) (i32.load (i32.const 612)))
        (i32.store8
          (i32.add (i32.load (i32.const 264)) (i32.load (i32.const 268)))
          (i32.add (i32.load8_u (i32.const 604)) (i32.const 97)))
        (i32.store (i32.const 268) (i32.add (i32.load (i32.const 268)) (i32.const 1))))
      (else
        (i32.store (i32.const 264) (i32.load (i32.const 616)))
        (i32.store (i32.const 268) (i32.load (i32.const 620)))))
    (i32.const 256)))
