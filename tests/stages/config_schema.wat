;; Says what its `with:` must be: a threshold in 0..=1, perhaps labels, and nothing else.
(module
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\"ok\"")
  (func (export "stage_run") (result i32)
    (call $set_result (i32.const 0) (i32.const 4) (f64.const nan))
    (i32.const 0))
  (@custom "cascata-manifest"
    "{\"config\":{\"type\":\"object\",\"required\":[\"threshold\"],\"additionalProperties\":false,\"properties\":{\"threshold\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},\"labels\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}}"))
