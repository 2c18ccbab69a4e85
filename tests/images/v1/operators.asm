; operators 1, program 3bcebc9e1ebbdac405c12893980969be356733e0332276a0c6d6946240fe7b25
; Strings        1422 bytes
; Constants       704 bytes
; Sets             20 bytes
; SetTable         32 bytes
; Paths           348 bytes
; Patterns          4 bytes
; Automata       2792 bytes
; Code           4704 bytes
; Rules          4648 bytes
; Lists            32 bytes
; Stages            0 bytes
; Pool              8 bytes
; Cascade          56 bytes
; Debug          4204 bytes
; Build            22 bytes
; RuleExtras       84 bytes
; Rulesets          8 bytes
; Files             0 bytes

rule "eq" ; 0 match, priority 0, none, cost 7
  ; found by: amount ==
    0: load r0, ["amount"]
    1: eq_int r0, 100, false -> 3 ; line 6
    2: accept
    3: reject

rule "ne" ; 1 match, priority 0, none, cost 7
  ; found by: country is there
    0: load r0, ["country"]
    1: ne_text r0, "CH", false -> 3 ; line 7
    2: accept
    3: reject

rule "lt" ; 2 match, priority 0, none, cost 7
  ; found by: score in an interval
    0: load r0, ["score"]
    1: lt_float r0, 0.5, false -> 3 ; line 8
    2: accept
    3: reject

rule "le" ; 3 match, priority 0, none, cost 7
  ; found by: score in an interval
    0: load r0, ["score"]
    1: le_float r0, 0.5, false -> 3 ; line 9
    2: accept
    3: reject

rule "gt" ; 4 match, priority 0, none, cost 7
  ; found by: amount in an interval
    0: load r0, ["amount"]
    1: gt_int r0, 1000, false -> 3 ; line 10
    2: accept
    3: reject

rule "ge" ; 5 match, priority 0, none, cost 7
  ; found by: amount in an interval
    0: load r0, ["amount"]
    1: ge_int r0, 1000, false -> 3 ; line 11
    2: accept
    3: reject

rule "BETWEEN" ; 6 match, priority 0, none, cost 10
  ; found by: amount in an interval
    0: load r0, ["amount"]
    1: ge_int r0, 10, false -> 4 ; line 12
    2: le_int r0, 20, false -> 4 ; line 12
    3: accept
    4: reject

rule "AND" ; 7 match, priority 0, none, cost 9
  ; found by: a is there
    0: load r0, ["a"]
    1: exists r0, false -> 5 ; line 13
    2: load r1, ["b"]
    3: is_null r1, false -> 5 ; line 13
    4: accept
    5: reject

rule "OR" ; 8 match, priority 0, none, cost 9
  ; found by: a is there or b is there
    0: load r0, ["a"]
    1: exists r0, true -> 4 ; line 14
    2: load r1, ["b"]
    3: exists r1, false -> 5 ; line 14
    4: accept
    5: reject

rule "NOT" ; 9 match, priority 0, none, cost 7
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["a"]
    1: eq_int r0, 1, true -> 3 ; line 15
    2: accept
    3: reject

rule "IN" ; 10 match, priority 0, none, cost 12
  ; found by: country ==
    0: load r0, ["country"]
    1: in_set r0, ["CA","US"], false -> 3 ; line 16
    2: accept
    3: reject

rule "NOT_IN" ; 11 match, priority 0, none, cost 12
  ; found by: country is there
    0: load r0, ["country"]
    1: not_in_set r0, ["CA","US"], false -> 3 ; line 17
    2: accept
    3: reject

rule "CONTAINS" ; 12 match, priority 0, none, cost 36
  ; found by: tags contains
    0: load r0, ["tags"]
    1: contains r0, "vip", false -> 3 ; line 18
    2: accept
    3: reject

rule "MATCHES" ; 13 match, priority 0, none, cost 10
  ; found by: email ends (8)
    0: load r0, ["email"]
    1: matches_suffix r0, "@corp.com", false -> 3 ; line 19
    2: accept
    3: reject

rule "STARTS_WITH" ; 14 match, priority 0, none, cost 8
  ; found by: path begins (5)
    0: load r0, ["path"]
    1: starts_with r0, "/api/", false -> 3 ; line 20
    2: accept
    3: reject

rule "ENDS_WITH" ; 15 match, priority 0, none, cost 8
  ; found by: email ends (8)
    0: load r0, ["email"]
    1: ends_with r0, "@corp.com", false -> 3 ; line 21
    2: accept
    3: reject

rule "IEQUALS" ; 16 match, priority 0, none, cost 20
  ; found by: country iequals
    0: load r0, ["country"]
    1: eq_folded r0, "ch", false -> 3 ; line 22
    2: accept
    3: reject

rule "CIDR" ; 17 match, priority 0, none, cost 36
  ; found by: ip is there
    0: load r0, ["ip"]
    1: in_network r0, ["10.0.0.0/8","2001:db8::/32"], false -> 3 ; line 23
    2: accept
    3: reject

rule "EXISTS" ; 18 match, priority 0, none, cost 5
  ; found by: user.id is there
    0: load r0, ["user","id"]
    1: exists r0, false -> 3 ; line 24
    2: accept
    3: reject

rule "IS_NULL" ; 19 match, priority 0, none, cost 5
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["user","id"]
    1: is_null r0, false -> 3 ; line 25
    2: accept
    3: reject

rule "ALL" ; 20 match, priority 0, none, cost 52
  ; found by: scores is there
    0: load r0, ["scores"]
    1: all r0, >, 3, false -> 3 ; line 26
    2: accept
    3: reject

rule "ANY" ; 21 match, priority 0, none, cost 52
  ; found by: scores contains
    0: load r0, ["scores"]
    1: any r0, ==, 5, false -> 3 ; line 27
    2: accept
    3: reject

rule "NONE" ; 22 match, priority 0, none, cost 52
  ; found by: scores is there
    0: load r0, ["scores"]
    1: none r0, ==, 3, false -> 3 ; line 28
    2: accept
    3: reject

rule "SUM" ; 23 match, priority 0, none, cost 68
  ; found by: amounts is there
    0: load r0, ["amounts"]
    1: sum r0, >=, 100, false -> 3 ; line 29
    2: accept
    3: reject

rule "AVG" ; 24 match, priority 0, none, cost 68
  ; found by: amounts is there
    0: load r0, ["amounts"]
    1: avg r0, ==, 55, false -> 3 ; line 30
    2: accept
    3: reject

rule "MIN" ; 25 match, priority 0, none, cost 68
  ; found by: amounts is there
    0: load r0, ["amounts"]
    1: min r0, ==, 50, false -> 3 ; line 31
    2: accept
    3: reject

rule "MAX" ; 26 match, priority 0, none, cost 68
  ; found by: amounts is there
    0: load r0, ["amounts"]
    1: max r0, <, 60, false -> 3 ; line 32
    2: accept
    3: reject

rule "COUNT" ; 27 match, priority 0, none, cost 52
  ; found by: amounts is there
    0: load r0, ["amounts"]
    1: count r0, >, 1, false -> 3 ; line 33
    2: accept
    3: reject

rule "LENGTH" ; 28 match, priority 0, none, cost 31
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["name"]
    1: length r1, r0
    2: gt_int r1, 2, false -> 4 ; line 34
    3: accept
    4: reject

rule "BEFORE" ; 29 match, priority 0, none, cost 23
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["created"]
    1: time r1, r0
    2: lt_int r1, 1769853600000000, false -> 4 ; line 35
    3: accept
    4: reject

rule "AFTER" ; 30 match, priority 0, none, cost 23
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["created"]
    1: time r1, r0
    2: gt_int r1, 1769817600000000, false -> 4 ; line 36
    3: accept
    4: reject

rule "AGE" ; 31 match, priority 0, none, cost 29
  ; found by: every event, because it demands nothing that can be looked up
    0: now r0
    1: load r1, ["created"]
    2: time r2, r1
    3: sub r3, r0, r2
    4: gt_int r3, 2592000000000, false -> 6 ; line 37
    5: accept
    6: reject

rule "HOUR" ; 32 match, priority 0, none, cost 27
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["at"]
    1: time r1, r0
    2: hour r2, r1, 0
    3: ge_int r2, 22, false -> 5 ; line 38
    4: accept
    5: reject

rule "WEEKDAY" ; 33 match, priority 0, none, cost 27
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["at"]
    1: time r1, r0
    2: weekday r2, r1, 120
    3: ge_int r2, 6, false -> 5 ; line 39
    4: accept
    5: reject

rule "int_lt" ; 34 match, priority 0, none, cost 7
  ; found by: code in an interval
    0: load r0, ["code"]
    1: lt_int r0, 5, false -> 3 ; line 40
    2: accept
    3: reject

rule "int_le" ; 35 match, priority 0, none, cost 7
  ; found by: code in an interval
    0: load r0, ["code"]
    1: le_int r0, 5, false -> 3 ; line 41
    2: accept
    3: reject

rule "int_eq" ; 36 match, priority 0, none, cost 7
  ; found by: code ==
    0: load r0, ["code"]
    1: eq_int r0, 5, false -> 3 ; line 42
    2: accept
    3: reject

rule "int_ne" ; 37 match, priority 0, none, cost 7
  ; found by: code is there
    0: load r0, ["code"]
    1: ne_int r0, 5, false -> 3 ; line 43
    2: accept
    3: reject

rule "float_le" ; 38 match, priority 0, none, cost 7
  ; found by: ratio in an interval
    0: load r0, ["ratio"]
    1: le_float r0, 0.5, false -> 3 ; line 44
    2: accept
    3: reject

rule "float_gt" ; 39 match, priority 0, none, cost 7
  ; found by: ratio in an interval
    0: load r0, ["ratio"]
    1: gt_float r0, 0.5, false -> 3 ; line 45
    2: accept
    3: reject

rule "float_ge" ; 40 match, priority 0, none, cost 7
  ; found by: ratio in an interval
    0: load r0, ["ratio"]
    1: ge_float r0, 0.5, false -> 3 ; line 46
    2: accept
    3: reject

rule "text_lt" ; 41 match, priority 0, none, cost 8
  ; found by: country is there
    0: load r0, ["country"]
    1: lt r0, "D", false -> 3 ; line 47
    2: accept
    3: reject

rule "text_le" ; 42 match, priority 0, none, cost 8
  ; found by: country is there
    0: load r0, ["country"]
    1: le r0, "D", false -> 3 ; line 48
    2: accept
    3: reject

rule "text_gt" ; 43 match, priority 0, none, cost 8
  ; found by: country is there
    0: load r0, ["country"]
    1: gt r0, "D", false -> 3 ; line 49
    2: accept
    3: reject

rule "text_ge" ; 44 match, priority 0, none, cost 8
  ; found by: country is there
    0: load r0, ["country"]
    1: ge r0, "D", false -> 3 ; line 50
    2: accept
    3: reject

rule "bool_eq" ; 45 match, priority 0, none, cost 7
  ; found by: flag ==
    0: load r0, ["flag"]
    1: eq_bool r0, true, false -> 3 ; line 51
    2: accept
    3: reject

rule "bool_ne" ; 46 match, priority 0, none, cost 7
  ; found by: flag is there
    0: load r0, ["flag"]
    1: ne_bool r0, true, false -> 3 ; line 52
    2: accept
    3: reject

rule "list_eq" ; 47 match, priority 0, none, cost 8
  ; found by: tags is there
    0: load r0, ["tags"]
    1: eq r0, ["new","vip"], false -> 3 ; line 53
    2: accept
    3: reject

rule "list_ne" ; 48 match, priority 0, none, cost 8
  ; found by: tags is there
    0: load r0, ["tags"]
    1: ne r0, ["new","vip"], false -> 3 ; line 54
    2: accept
    3: reject

rule "text_ne" ; 49 match, priority 0, none, cost 7
  ; found by: country is there
    0: load r0, ["country"]
    1: ne_text r0, "CH", false -> 3 ; line 55
    2: accept
    3: reject

rule "text_eq" ; 50 match, priority 0, none, cost 7
  ; found by: country ==
    0: load r0, ["country"]
    1: eq_text r0, "CH", false -> 3 ; line 56
    2: accept
    3: reject

rule "prefix" ; 51 match, priority 0, none, cost 8
  ; found by: path begins (5)
    0: load r0, ["path"]
    1: matches_prefix r0, "/api/", false -> 3 ; line 57
    2: accept
    3: reject

rule "suffix" ; 52 match, priority 0, none, cost 10
  ; found by: email ends (8)
    0: load r0, ["email"]
    1: matches_suffix r0, "@corp.com", false -> 3 ; line 58
    2: accept
    3: reject

rule "automaton" ; 53 match, priority 0, none, cost 68
  ; found by: email contains
    0: load r0, ["email"]
    1: matches r0, "[a-z]+@(?:corp|mail)\\.[a-z]+\\n?\\z", false -> 3 ; line 59
    2: accept
    3: reject

rule "related" ; 54 match, priority 0, none, cost 39
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["paid"]
    1: load r1, ["price"]
    2: relate r0, r1, <, false -> 4 ; line 60
    3: accept
    4: reject

rule "related_text" ; 55 match, priority 0, none, cost 39
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["home"]
    1: load r1, ["country"]
    2: relate r0, r1, ==, false -> 4 ; line 61
    3: accept
    4: reject

rule "sum_plus" ; 56 match, priority 0, none, cost 14
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["amounts",0]
    1: load r1, ["amounts",1]
    2: add r2, r0, r1
    3: gt_int r2, 100, false -> 5 ; line 62
    4: accept
    5: reject

rule "minus" ; 57 match, priority 0, none, cost 14
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["amounts",0]
    1: load r1, ["amounts",1]
    2: sub r2, r0, r1
    3: eq_int r2, 10, false -> 5 ; line 63
    4: accept
    5: reject

rule "times" ; 58 match, priority 0, none, cost 13
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["amounts",0]
    1: const r1, 2
    2: mul r2, r0, r1
    3: gt_int r2, 100, false -> 5 ; line 64
    4: accept
    5: reject

rule "over" ; 59 match, priority 0, none, cost 18
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["amounts",0]
    1: load r1, ["amounts",1]
    2: div r2, r0, r1
    3: ge_float r2, 1.2, false -> 5 ; line 65
    4: accept
    5: reject

rule "rest" ; 60 match, priority 0, none, cost 17
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["amounts",0]
    1: const r1, 7
    2: rem r2, r0, r1
    3: eq_int r2, 4, false -> 5 ; line 66
    4: accept
    5: reject

rule "some_element" ; 61 match, priority 0, none, cost 244
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["items"]
    1: each r15, r0, to 6, false -> 7 ; line 67
    2: member r0, r15, ["price"]
    3: gt_int r0, 100, false -> 5 ; line 67
    4: accept
    5: reject
    6: accept
    7: reject

rule "same_element" ; 62 match, priority 0, none, cost 460
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["items"]
    1: each r15, r0, to 8, false -> 9 ; line 68
    2: member r0, r15, ["price"]
    3: gt_int r0, 100, false -> 7 ; line 68
    4: member r1, r15, ["in_stock"]
    5: eq_bool r1, true, true -> 7 ; line 68
    6: accept
    7: reject
    8: accept
    9: reject

rule "sum_elements" ; 63 match, priority 0, none, cost 70
  ; found by: items is there
    0: load r0, ["items"]
    1: select r1, r0, [["price"]]
    2: sum r1, each >, 100, false -> 4 ; line 69
    3: accept
    4: reject

rule "sums_related" ; 64 match, priority 0, none, cost 167
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["items"]
    1: sum_of r1, r0, [["price"]]
    2: load r2, ["amounts"]
    3: sum_of r3, r2, []
    4: relate r1, r3, >, false -> 6 ; line 70
    5: accept
    6: reject

rule "avg_related" ; 65 match, priority 0, none, cost 167
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["items"]
    1: avg_of r1, r0, [["price"]]
    2: load r2, ["amounts"]
    3: avg_of r3, r2, []
    4: relate r1, r3, >, false -> 6 ; line 71
    5: accept
    6: reject

rule "min_related" ; 66 match, priority 0, none, cost 167
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["items"]
    1: min_of r1, r0, [["price"]]
    2: load r2, ["amounts"]
    3: min_of r3, r2, []
    4: relate r1, r3, <, false -> 6 ; line 72
    5: accept
    6: reject

rule "max_related" ; 67 match, priority 0, none, cost 167
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["items"]
    1: max_of r1, r0, [["price"]]
    2: load r2, ["amounts"]
    3: max_of r3, r2, []
    4: relate r1, r3, >, false -> 6 ; line 73
    5: accept
    6: reject

rule "count_related" ; 68 match, priority 0, none, cost 135
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["items"]
    1: count_of r1, r0, [["price"]]
    2: load r2, ["amounts"]
    3: count_of r3, r2, []
    4: relate r1, r3, ==, false -> 6 ; line 74
    5: accept
    6: reject

rule "length_list" ; 69 match, priority 0, none, cost 31
  ; found by: every event, because it demands nothing that can be looked up
    0: load r0, ["tags"]
    1: length r1, r0
    2: eq_int r1, 2, false -> 4 ; line 75
    3: accept
    4: reject

rule "all_elements" ; 70 match, priority 0, none, cost 54
  ; found by: items is there
    0: load r0, ["items"]
    1: select r1, r0, [["price"]]
    2: all r1, each >, 5, false -> 4 ; line 76
    3: accept
    4: reject

rule "deep" ; 71 match, priority 0, none, cost 17
  ; found by: user.profile.risk in an interval
    0: load r0, ["user","profile","risk"]
    1: ge_float r0, 0.9, false -> 7 ; line 77
    2: load r1, ["user","id"]
    3: exists r1, true -> 7 ; line 77
    4: load r2, ["flag"]
    5: eq_bool r2, false, true -> 7 ; line 77
    6: accept
    7: reject

rule "in_text" ; 72 match, priority 0, none, cost 20
  ; found by: country is there
    0: load r0, ["country"]
    1: in_text r0, "CH, AT and LI", false -> 3 ; line 78
    2: accept
    3: reject

rule "not_in_text" ; 73 match, priority 0, none, cost 20
  ; found by: country is there
    0: load r0, ["country"]
    1: not_in_text r0, "CH, AT and LI", false -> 3 ; line 79
    2: accept
    3: reject

rule "in_object" ; 74 match, priority 0, none, cost 36
  ; found by: country is there
    0: load r0, ["country"]
    1: in_object r0, {"AT":2,"CH":1}, false -> 3 ; line 80
    2: accept
    3: reject

rule "not_in_object" ; 75 match, priority 0, none, cost 36
  ; found by: country is there
    0: load r0, ["country"]
    1: not_in_object r0, {"AT":2,"CH":1}, false -> 3 ; line 81
    2: accept
    3: reject

rule "in_lists" ; 76 match, priority 0, none, cost 36
  ; found by: tags is there
    0: load r0, ["tags"]
    1: in_array r0, [["new"],["new","vip"]], false -> 3 ; line 82
    2: accept
    3: reject

rule "not_in_lists" ; 77 match, priority 0, none, cost 36
  ; found by: tags is there
    0: load r0, ["tags"]
    1: not_in_array r0, [["new"]], false -> 3 ; line 83
    2: accept
    3: reject

rule "in_mixed" ; 78 match, priority 0, none, cost 12
  ; found by: code ==
    0: load r0, ["code"]
    1: in_set r0, ["x",1,5.0], false -> 3 ; line 84
    2: accept
    3: reject

rule "sampled" ; 79 match, priority 0, none, cost 45
  ; found by: user.id is there
    0: load r0, ["user","id"] ; untraced: in the order 2, 1
    1: sample r0, 5000, "sampled", false -> 4 ; line 85
    2: exists r0, false -> 4 ; line 85
    3: accept
    4: reject

rule "shadowed" ; 80 match, priority 0, none, cost 7
  ; found by: code ==
    0: load r0, ["code"]
    1: eq_int r0, 5, false -> 3 ; line 86
    2: accept
    3: reject

rule "scored" ; 81 match, priority 0, emit, cost 7
  ; found by: code ==
    0: load r0, ["code"]
    1: eq_int r0, 5, false -> 3 ; line 87
    2: accept
    3: reject

rule "answered" ; 82 match, priority 0, emit, cost 7
  ; found by: every event, because it has an else
    0: load r0, ["code"]
    1: eq_int r0, 5, false -> 3 ; line 88
    2: accept
    3: otherwise
