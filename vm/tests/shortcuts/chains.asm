rule "or of equalities"
  load r0, ["a"]
  eq_text r0, "c", true -> 4
  eq_text r0, "a", true -> 4
  eq_text r0, "b", false -> 5
  accept
  reject
rule "mixed members that end in another test"
  load r0, ["a"]
  eq_int r0, 3, true -> 7
  in_set r0, ["b",1], true -> 7
  eq_bool r0, true, true -> 7
  eq r0, 2.5, true -> 7
  lt_int r0, 0, true -> 7
  reject
  accept
rule "and of inequalities"
  load r0, ["a"]
  ne_text r0, "a", false -> 5
  ne_int r0, 3, false -> 5
  not_in_set r0, ["zz"], false -> 5
  accept
  reject
rule "an inequality is no equality, and two are too few"
  load r0, ["a"]
  eq_text r0, "a", true -> 4
  eq_text r0, "b", false -> 5
  ne_text r0, "b", false -> 5
  accept
  reject
rule "another place to go to, another register"
  load r0, ["a"]
  load r1, ["b"]
  eq_text r0, "a", true -> 8
  eq_text r1, "b", true -> 8
  eq_text r0, "c", true -> 7
  eq_text r0, "d", true -> 8
  eq_text r0, "e", true -> 8
  reject
  accept
rule "a jump into the middle"
  load r0, ["a"]
  exists r0, false -> 6
  eq_text r0, "a", true -> 6
  eq_text r0, "b", true -> 6
  eq_text r0, "c", true -> 6
  reject
  accept
