rule "a list, a constant and a set"
  load r0, ["a"]
  any r0, ==, 1, false -> 9
  load r1, ["b"]
  eq_text r1, "a", false -> 9
  none r0, ==, 7, false -> 9
  exists r0, false -> 9
  not_in_set r1, ["b","zz"], false -> 9
  gt_int r1, 0, false -> 9
  accept
  reject
rule "what may fail keeps its place"
  load r0, ["a"]
  any r0, ==, 1, false -> 6
  gt_int r0, 0, false -> 6
  load r1, ["b"]
  eq_text r1, "a", false -> 6
  accept
  reject
rule "another end"
  load r0, ["a"]
  any r0, ==, 1, true -> 4
  load r1, ["b"]
  eq_text r1, "a", false -> 5
  accept
  reject
rule "or: the end is the accepting one"
  load r0, ["a"]
  all r0, >, 0, true -> 5
  load r1, ["b"]
  is_null r1, true -> 5
  reject
  accept
rule "a register that is needed as it was"
  load r0, ["a"]
  exists r0, false -> 6
  any r0, ==, 1, false -> 6
  load r0, ["b"]
  eq_text r0, "a", false -> 6
  accept
  reject
rule "a sample"
  load r0, ["b"]
  sample r0, 5000, "r", false -> 5
  load r1, ["a"]
  in_set r1, ["a","b",1,3], false -> 5
  accept
  reject
rule "short ones first already"
  load r0, ["b"]
  eq_text r0, "a", false -> 4
  any r0, ==, 1, false -> 4
  accept
  reject
