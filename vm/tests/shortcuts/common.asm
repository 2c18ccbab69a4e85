rule "a pattern and a list"
  load r0, ["a"]
  matches r0, "[a-c]+", false -> 5
  load r1, ["b"]
  any r1, ==, 1, false -> 5
  accept
  reject
rule "the same of the same fields"
  load r3, ["b"]
  any r3, ==, 1, false -> 5
  load r3, ["a"]
  eq_text r3, "a", true -> 5
  accept
  load r1, ["a"]
  matches r1, "[a-c]+", false -> 8
  accept
  reject
rule "the same of another field, and with another comparison"
  load r0, ["c"]
  matches r0, "[a-c]+", false -> 5
  load r1, ["b"]
  any r1, !=, 1, false -> 5
  accept
  reject
rule "a register that has held two fields"
  load r0, ["c"]
  eq_text r0, "zz", true -> 4
  load r0, ["a"]
  jump -> 4
  matches r0, "[a-c]+", false -> 6
  accept
  reject
rule "a long test that fails is asked again"
  load r0, ["a"]
  max r0, >, 1, false -> 3
  accept
  reject
rule "and fails again"
  load r0, ["a"]
  max r0, >, 1, false -> 3
  accept
  reject
