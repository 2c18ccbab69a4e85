; cascade 1.0, program 5d3502eb7d45e7ac712e26abfe11643ff813e711b32c96d8e8c1fe0fbeec3ef5
; Strings         467 bytes
; Constants       192 bytes
; Sets              8 bytes
; SetTable         16 bytes
; Paths           116 bytes
; Patterns          0 bytes
; Automata          0 bytes
; Code            564 bytes
; Rules           560 bytes
; Lists           176 bytes
; Stages          192 bytes
; Pool             36 bytes
; Cascade          56 bytes
; Debug           532 bytes
; Build            22 bytes
; RuleExtras       84 bytes
; Rulesets          0 bytes
; Files             0 bytes

rule "global_termination_0" ; 0 global, priority 1000, terminate, cost 7
    0: load r0, ["test"]
    1: eq_bool r0, true, false -> 3 ; line 14
    2: accept
    3: reject

rule "no_amount" ; 1 precondition of SCREEN, priority 0, terminate, cost 5
    0: load r0, ["amount"]
    1: is_null r0, false -> 3 ; line 23
    2: accept
    3: reject

rule "embargo" ; 2 routing of SCREEN, priority 10, terminate, cost 12
    0: load r0, ["country"]
    1: in_set r0, ["KP","SY"], false -> 3 ; line 24
    2: accept
    3: reject

rule "small" ; 3 routing of SCREEN, priority 0, skip_to, cost 7
    0: load r0, ["amount"]
    1: lt_int r0, 10, false -> 3 ; line 25
    2: accept
    3: otherwise

rule "checked" ; 4 postcondition of SCREEN, priority 0, enable_stages, cost 5
    0: load r0, ["flags","large"]
    1: exists r0, false -> 3 ; line 26
    2: accept
    3: reject

rule "tried" ; 5 routing of SCORE, priority 0, terminate, cost 7
    0: load r0, ["amount"]
    1: gt_int r0, 1000, false -> 3 ; line 37
    2: accept
    3: reject

rule "part" ; 6 routing of SCORE, priority 0, disable_stages, cost 50
    0: load r0, ["user","id"]
    1: sample r0, 2500, "part", false -> 5 ; line 38
    2: load r1, ["amount"]
    3: gt_int r1, 100, false -> 5 ; line 38
    4: accept
    5: reject

rule "outcome_0" ; 7 outcome, priority 0, emit, cost 11
    0: load r0, ["flags","large"]
    1: exists r0, false -> 5 ; line 48
    2: load r1, ["amount"]
    3: gt_int r1, 5000, false -> 5 ; line 48
    4: accept
    5: reject

rule "outcome_1" ; 8 outcome, priority 0, emit, cost 29
    0: now r0
    1: load r1, ["user","since"]
    2: time r2, r1
    3: sub r3, r0, r2
    4: gt_int r3, 2592000000000, false -> 6 ; line 49
    5: accept
    6: reject

rule "outcome_2" ; 9 outcome, priority 0, none, cost 10
    0: load r0, ["amount"]
    1: const r1, 2
    2: mul r2, r0, r1
    3: give r2 ; line 50
