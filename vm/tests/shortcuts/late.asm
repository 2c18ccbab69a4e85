rule "a text and a number"
  load r0, ["a"]
  contains r0, "a", false -> 5
  load r1, ["b"]
  lt_int r1, 9, false -> 5
  accept
  reject
rule "a pattern and a set"
  load r0, ["a"]
  matches r0, "[a-z]+", false -> 6
  load r1, ["b"]
  in_set r1, ["a","b",1,3], false -> 6
  gt_int r1, 0, false -> 6
  accept
  reject
rule "or: the end is the accepting one"
  load r0, ["a"]
  contains r0, "z", true -> 5
  load r1, ["b"]
  exists r1, true -> 5
  reject
  accept
rule "two long ones of one field"
  load r0, ["a"]
  contains r0, "b", false -> 6
  contains r0, "c", false -> 6
  load r1, ["b"]
  eq_bool r1, true, false -> 6
  accept
  reject
rule "another field: the later one begins"
  load r0, ["a"]
  contains r0, "d", false -> 7
  load r1, ["b"]
  contains r1, "d", false -> 7
  exists r0, false -> 7
  lt_float r0, 2.0, false -> 7
  accept
  reject
rule "a test that no look at the field decides keeps its place"
  load r0, ["a"]
  contains r0, "e", false -> 5
  load r1, ["b"]
  starts_with r1, "a", false -> 5
  accept
  reject
rule "members are compared in other ways than text"
  load r0, ["a"]
  contains r0, 1, false -> 5
  load r1, ["b"]
  lt_int r1, 9, false -> 5
  accept
  reject
rule "another end"
  load r0, ["a"]
  contains r0, "f", true -> 4
  load r1, ["b"]
  lt_int r1, 9, false -> 5
  accept
  reject
rule "registers are needed"
  load r0, ["a"]
  contains r0, "g", false -> 6
  length r1, r0
  load r2, ["b"]
  lt_int r2, 9, false -> 6
  accept
  reject
