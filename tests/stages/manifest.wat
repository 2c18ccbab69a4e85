;; Carries a manifest: slot 0 is `geo.country`. Answers with its text, which must be one of the manifest's labels.
(module
  (import "cascata_v1" "get" (func $get (param i32) (result i64)))
  (import "cascata_v1" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "cascata_v1" "set_result" (func $set_result (param i32 i32 f64)))
  (memory (export "memory") 1)
  (func (export "stage_run") (result i32)
    (call $set_result (i32.const 0)
      (call $read (i32.wrap_i64 (call $get (i32.const 0))) (i32.const 0) (i32.const 100))
      (f64.const nan))
    (i32.const 0))
  (@custom "cascata-manifest"
    "{\"abi\":\"cascata_v1\",\"name\":\"m\",\"version\":\"1.0.0\",\"fields\":[\"geo.country\"],\"results\":[\"CH\",\"DE\"],\"stateless\":true}"))
