//! The instruction table: the one place where instructions are declared.
//!
//! A row is `NUMBER Name "mnemonic" [fields] cost "what it does"`. Numbers are explicit and never reused, because
//! images outlive releases. From the rows come [`Opcode`](super::Opcode), encoding and decoding, the assembler
//! and disassembler, the verifier's rules, the cost of an instruction and `docs/isa.md`. The interpreter matches
//! on `Opcode` without a catch-all, so a row without a handler does not compile.
//!
//! Fields are `place: Kind` where the place is one of the four operand places of an
//! instruction (`a` 8 bits, `b` 16 bits, `c` 32 bits, `d` 32 bits) and the kind one of
//! [`Operand`](super::Operand).

/// Calls `$callback!` with every row.
#[macro_export]
#[doc(hidden)]
macro_rules! for_each_instruction {
    ($callback:path) => {
        $callback! {
            // Control. Rules end in one of the terminals; all jumps go forward.
            0x01 Accept "accept" [] 1 "The rule's condition is true.";
            0x02 Reject "reject" [] 1 "The rule's condition is false, or the event is not in its sample.";
            0x03 Jump "jump" [d: Target] 1 "Goes on at the target.";
            0x04 Otherwise "otherwise" [] 1 "The rule's condition is false, and its `else` acts.";
            0x06 Give "give" [a: Use] 1 "The rule's condition is true, and the register holds what it gives.";
            0x05 Each "each" [a: Define, b: Use, c: Body, d: Branch] 16 "Runs the instructions up to the body's end for each element of a list, up to the first for which they accept; holds if there is one. What is no list has no elements.";

            // Fields.
            0x10 Load "load" [a: Define, c: Path] 3 "Reads a field into a register.";

            // Values. What is computed from missing or null is missing.
            0x11 Const "const" [a: Define, c: Const] 2 "Puts the constant into a register.";
            0x12 Now "now" [a: Define] 2 "When the cascade began, in microseconds since 1970 UTC; fails where the host gives no time.";
            0x13 Member "member" [a: Define, b: Use, c: Tail] 24 "Looks up a member of a mapping or list.";
            0x14 Select "select" [a: Define, b: Use, c: Tails] 2 "Takes a list of which tests look at members of the elements.";
            0x15 Length "length" [a: Define, b: Use] 24 "Characters of a text, elements of an array, keys of an object; fails on numbers and booleans.";
            0x16 Time "time" [a: Define, b: Use] 16 "The moment of an RFC 3339 time or date, in microseconds since 1970 UTC; fails on anything else.";
            0x17 Hour "hour" [a: Define, b: Use, c: Minutes] 4 "The hour of the day of a moment, 0 to 23.";
            0x18 Weekday "weekday" [a: Define, b: Use, c: Minutes] 4 "The day of the week of a moment, Monday 1 to Sunday 7.";
            0x80 Add "add" [a: Define, b: Use, c: Use] 4 "The sum; fails on what is no number and on a result that does not fit.";
            0x81 Sub "sub" [a: Define, b: Use, c: Use] 4 "The difference; fails likewise.";
            0x82 Mul "mul" [a: Define, b: Use, c: Use] 4 "The product; fails likewise.";
            0x83 Div "div" [a: Define, b: Use, c: Use] 8 "The quotient, an integer where it is one; fails likewise and on a division by zero.";
            0x84 Rem "rem" [a: Define, b: Use, c: Use] 8 "The remainder, with the sign of what is divided; fails likewise.";
            0x88 SumOf "sum_of" [a: Define, b: Use, c: Tails] 64 "The sum over members of the elements; fails beyond 64 bits.";
            0x89 AvgOf "avg_of" [a: Define, b: Use, c: Tails] 64 "The mean; missing for an empty array.";
            0x8a MinOf "min_of" [a: Define, b: Use, c: Tails] 64 "The smallest; fails for an empty array.";
            0x8b MaxOf "max_of" [a: Define, b: Use, c: Tails] 64 "The largest; fails for an empty array.";
            0x8c CountOf "count_of" [a: Define, b: Use, c: Tails] 48 "The number of elements.";

            // A test looks at a register and branches when its outcome is the one the branch names. Missing and null
            // make every test false but `is_null`.
            0x20 Eq "eq" [a: Use, c: Const, d: Branch] 4 "Deeply equal to the constant.";
            0x21 Ne "ne" [a: Use, c: Const, d: Branch] 4 "Not deeply equal to the constant.";
            0x22 Lt "lt" [a: Use, c: Const, d: Branch] 4 "Less than the constant; fails on kinds without an order.";
            0x23 Le "le" [a: Use, c: Const, d: Branch] 4 "At most the constant; fails on kinds without an order.";
            0x24 Gt "gt" [a: Use, c: Const, d: Branch] 4 "Greater than the constant; fails on kinds without an order.";
            0x25 Ge "ge" [a: Use, c: Const, d: Branch] 4 "At least the constant; fails on kinds without an order.";
            0x26 EqInt "eq_int" [a: Use, c: Int, d: Branch] 3 "Equal to the constant integer.";
            0x27 NeInt "ne_int" [a: Use, c: Int, d: Branch] 3 "Present and not equal to the constant integer.";
            0x28 EqText "eq_text" [a: Use, c: Text, d: Branch] 3 "Equal to the constant text.";
            0x29 NeText "ne_text" [a: Use, c: Text, d: Branch] 3 "Present and not equal to the constant text.";
            0x2a LtInt "lt_int" [a: Use, c: Int, d: Branch] 3 "Less than the constant integer.";
            0x2b LeInt "le_int" [a: Use, c: Int, d: Branch] 3 "At most the constant integer.";
            0x2c GtInt "gt_int" [a: Use, c: Int, d: Branch] 3 "Greater than the constant integer.";
            0x2d GeInt "ge_int" [a: Use, c: Int, d: Branch] 3 "At least the constant integer.";

            0x2e EqBool "eq_bool" [a: Use, c: Bool, d: Branch] 3 "Equal to the constant truth value.";
            0x2f NeBool "ne_bool" [a: Use, c: Bool, d: Branch] 3 "Present and not equal to the constant truth value.";
            0x60 LtFloat "lt_float" [a: Use, c: Float, d: Branch] 3 "Less than the constant double.";
            0x61 LeFloat "le_float" [a: Use, c: Float, d: Branch] 3 "At most the constant double.";
            0x62 GtFloat "gt_float" [a: Use, c: Float, d: Branch] 3 "Greater than the constant double.";
            0x63 GeFloat "ge_float" [a: Use, c: Float, d: Branch] 3 "At least the constant double.";

            0x30 InSet "in_set" [a: Use, c: Set, d: Branch] 8 "Equal to some member of the set.";
            0x31 NotInSet "not_in_set" [a: Use, c: Set, d: Branch] 8 "Equal to no member of the set.";
            0x32 InArray "in_array" [a: Use, c: Array, d: Branch] 32 "Equal to some element of the constant array.";
            0x33 NotInArray "not_in_array" [a: Use, c: Array, d: Branch] 32 "Equal to no element of the constant array.";
            0x34 InText "in_text" [a: Use, c: Text, d: Branch] 16 "A substring of the constant text; fails on what is not text.";
            0x35 NotInText "not_in_text" [a: Use, c: Text, d: Branch] 16 "Not a substring of the constant text; fails on what is not text.";
            0x36 InObject "in_object" [a: Use, c: Object, d: Branch] 32 "A key of the constant object; fails on arrays and objects.";
            0x37 NotInObject "not_in_object" [a: Use, c: Object, d: Branch] 32 "No key of the constant object; fails on arrays and objects.";
            0x38 Contains "contains" [a: Use, c: Const, d: Branch] 32 "Has the constant as substring, element or key; fails on numbers and booleans.";
            0x39 Matches "matches" [a: Use, c: Regex, d: Branch] 64 "The pattern matches at the start of its text; fails on arrays and objects.";

            // Literal patterns are no automata: the same answer, errors included, from a comparison of bytes.
            0x3a MatchesPrefix "matches_prefix" [a: Use, c: Text, d: Branch] 4 "Its text begins with the constant text; fails on arrays and objects.";
            0x3b MatchesSuffix "matches_suffix" [a: Use, c: Text, d: Branch] 6 "Its text, but for a final newline, is one line that ends with the constant text; fails on arrays and objects.";
            0x3c StartsWith "starts_with" [a: Use, c: Text, d: Branch] 4 "Begins with the constant text; fails on what is not text.";
            0x3d EndsWith "ends_with" [a: Use, c: Text, d: Branch] 4 "Ends with the constant text; fails on what is not text.";
            0x3e EqFolded "eq_folded" [a: Use, c: Text, d: Branch] 16 "Equal to the constant text under simple case folding.";
            0x3f InNetwork "in_network" [a: Use, c: Networks, d: Branch] 32 "An IP address in some of the networks.";

            0x40 Exists "exists" [a: Use, d: Branch] 1 "Present and not null.";
            0x41 IsNull "is_null" [a: Use, d: Branch] 1 "Missing or null.";

            0x42 Relate "relate" [a: Use, b: Use, c: Relation, d: Branch] 32 "The first value relates so to the second; false where one is missing or null.";

            0x48 All "all" [a: Use, b: Compare, c: Const, d: Branch] 48 "Every element compares so with the constant; false for what is not an array.";
            0x49 Any "any" [a: Use, b: Compare, c: Const, d: Branch] 48 "Some element compares so with the constant; false for what is not an array.";
            0x4a None "none" [a: Use, b: Compare, c: Const, d: Branch] 48 "No element compares so with the constant; false for what is not an array.";

            0x50 Sum "sum" [a: Use, b: Compare, c: Const, d: Branch] 64 "The sum compares so with the constant; false for what is not an array.";
            0x51 Avg "avg" [a: Use, b: Compare, c: Const, d: Branch] 64 "The mean compares so with the constant; false for what is not an array, and for an empty one.";
            0x52 Min "min" [a: Use, b: Compare, c: Const, d: Branch] 64 "The smallest element compares so with the constant; fails for an empty array.";
            0x53 Max "max" [a: Use, b: Compare, c: Const, d: Branch] 64 "The largest element compares so with the constant; fails for an empty array.";
            0x54 Count "count" [a: Use, b: Compare, c: Const, d: Branch] 48 "The number of elements compares so with the constant; false for what is not an array.";

            // Sampling. The constant is the rule's name, `b` the share in hundredths of a percent.
            0x70 Sample "sample" [a: Use, b: Share, c: Text, d: Branch] 40 "The field's value is in the sample: its hash with the constant text falls into the share.";
        }
    };
}
