rule "a class"
  load r0, ["a"]
  matches r0, "[a-c]+", false -> 3
  accept
  reject
rule "branches"
  load r0, ["a"]
  matches r0, "a|True", false -> 3
  accept
  reject
rule "something inside"
  load r0, ["a"]
  matches r0, ".*z", false -> 3
  accept
  reject
rule "to the end"
  load r0, ["a"]
  matches r0, "[0-9.]+\\z", false -> 3
  accept
  reject
rule "the same as another, behind another test"
  load r1, ["b"]
  exists r1, false -> 5
  load r0, ["a"]
  matches r0, "[a-c]+", false -> 5
  accept
  reject
rule "what every text matches"
  load r0, ["a"]
  matches r0, "", false -> 3
  accept
  reject
rule "what no text matches"
  load r0, ["a"]
  matches r0, "[^\\x{0}-\\x{10ffff}]", false -> 3
  accept
  reject
rule "of another field, alone"
  load r0, ["b"]
  matches r0, "z+", false -> 3
  accept
  reject
