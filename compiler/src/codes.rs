//! Every code of the compiler, said once: what it is called, how bad it is, and the text `cascata explain CODE` prints.
//! Examples stand in `pages/`.
//!
//! `E01` text · `E02` structure · `E03` names · `E04` conditions · `E05` actions · `E06` patterns · `E07` limits ·
//! `E08` expressions · `E09` types · `E10` files · `W1` warnings · `W2` warnings of the analysis. Numbers are never reused.

use serde::{Serialize, Serializer};

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No image is made.
    Error,
    /// An image is made; the author should know.
    Warning,
}

macro_rules! codes {
    ($($severity:ident $code:literal $name:ident $title:literal: $explanation:literal;)*) => {
        /// What a diagnostic is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable code, like `E0101`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Its name in Rust, for tools that list codes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The severity it has unless options raise it.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What it means, one line.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What it means and what to do, for `cascata explain`.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => $explanation,)* }
            }

            /// The code of a text like `E0101`; case does not matter.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(text))
            }
        }
    };
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

codes! {
    Error "E0101" InvalidYaml "the text is not YAML":
"The file cannot be read as YAML. Reading stops at the first such place, so there may be more after it.

A frequent cause is an operator without quotes. `>` and `|` start block text, `!` starts a tag and `*` an alias, so
`>`, `>=` and `!=` have to be quoted:

    operator: \">=\"

Other causes: tabs in the indentation, a list item that stands less deep than its list, `: ` inside plain text.";
    Error "E0102" InvalidJson "the text is not JSON":
"The name of the source ends in `.json`, so it is read by the rules of RFC 8259: double quotes around keys and text, no
comments, no comma after the last element, no `NaN` or `Infinity`, and escapes that make whole characters (a surrogate
`\\uD83D` needs its second half).";
    Error "E0103" DuplicateKey "a key stands twice in one mapping":
"Of two equal keys a reader would silently keep one. Remove one of the two, or rename it.";
    Error "E0104" AmbiguousScalar "plain text that YAML 1.1 and YAML 1.2 read differently":
"Readers of YAML 1.1 (PyYAML among them) and of YAML 1.2 disagree about what this plain text is, so the same file would
decide differently in different programs. Examples:

    no, off, yes, on   a boolean in 1.1, text in 1.2      017      15 in 1.1, 17 in 1.2
    1e3                text in 1.1, a number in 1.2       1_000    1000 in 1.1, text in 1.2
    1:30               90 in 1.1, text in 1.2             2026-01-01  a date in 1.1, text in 1.2

Put quotes around it to have text, or write the number in a form that both read alike: `1000.0`, `15`. `<<` merges
mappings in 1.1 and is an ordinary key in 1.2; write the keys out. Where a boolean belongs, `yes`, `no`, `on` and `off`
are taken and only warned about (W1003).";
    Error "E0105" KeyNotText "a key that is not text":
"Keys of a cascade are text, as keys of JSON are. A plain `1:`, `true:` or `null:` is a number, a boolean or null, and
such a key never equals the text `\"1\"` of an event. Put quotes around it.";
    Error "E0106" UnsupportedTag "a YAML tag that has no meaning here":
"Only the tags `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map` are read, and only where they fit what
stands behind them. An unquoted `!=` is a tag as well: write `\"!=\"`.";
    Error "E0107" SeveralDocuments "more than one YAML document":
"A cascade is one document. Remove the `---` and what follows, or make it a file of its own.";
    Error "E0108" EmptyDocument "the text holds nothing":
"The smallest cascade is `{name: x, version: \"1\"}`.";
    Error "E0109" NotANumber "`.nan` is no constant":
"NaN is unequal to everything including itself, so no condition could use it, and JSON cannot carry it.";

    Error "E0201" WrongType "a value of the wrong type":
"The setting wants another type of value than it has. A text where a list of names belongs would be taken as a list of
letters by some readers; here it is an error: write `[A]`, not `A`.";
    Error "E0202" MissingKey "a setting that has to be there":
"A cascade needs `name` and `version`; a stage `name`; a rule `name`, `condition` and `action`; an action `type`.";
    Error "E0203" MisspeltKey "a key that looks misspelt":
"No setting has this name, but one has nearly this name. A setting that is silently ignored is worse than an error. If
the key is meant for somebody else, give it a name that starts with `x-`.";
    Error "E0205" InvalidWord "a word that is none of the possible ones":
"The setting takes one of a few words; the message lists them. Spelling and case are exact.";
    Error "E0206" OutOfRange "a number outside the possible range":
"Times are whole milliseconds or seconds. A timeout is at least 1 ms, counts and delays are not negative.";
    Error "E0207" InvalidHandler "a handler that cannot be used":
"`handler` of a stage says what runs, by `kind`: wasm, http, native or none. The message names the key that is wrong.";
    Error "E0208" InvalidPlugin "a plugin that cannot be used":
"`plugins` of a stage lists plugins, outermost first, each as its name or as one name with its options:

    plugins: [metrics, {retry: {max_retries: 2}}]

The message names the key that is wrong.";
    Error "E0209" UnknownPlugin "no plugin has this name":
"The names are exact. `cascata` ships the plugins that the message lists.";

    Error "E0210" InvalidStore "a store that cannot be used":
"`stores` of a cascade names the stores that its plugins share between processes, each as its URL or as a mapping with its `url` and
limits:

    stores:
      shared: redis://localhost:6379
      local: {url: 'file:state.redb', deadline_ms: 200}";

    Error "E0301" UnknownStage "no stage has this name":
"`depends_on`, `execution_order`, `skip_to`, `enable_stages` and `disable_stages` name stages of this cascade, by their
key under `stages`. A rule that enables or skips to a stage that is not there could only be a mistake.";
    Error "E0302" StageNameMismatch "the name of a stage differs from its key":
"A stage has one name: `name` has to repeat its key under `stages`, because rules and records use the key.";
    Error "E0303" DependencyCycle "stages that depend on each other in a circle":
"None of the stages of the circle could ever run first, with or without `execution_order`. Remove one dependency.";

    Error "E0304" UnknownList "no list has this name":
"Conditions name lists of the cascade, by their key under `lists`: `country in lists.blocked`, `value_list: blocked`.";
    Error "E0305" InvalidList "a list that cannot be read":
"A list is its entries, or a file: `{file: blocked.txt}`. A file whose name ends in `.json`, `.yaml` or `.yml` holds a list of
values; of any other each line is one text, but empty lines and those that start with `#`. With `column` it holds
comma-separated values, with the names of the columns in its first line.";
    Error "E0306" UnknownStore "no store has this name":
"`store` of a plugin is a name under `stores` of the cascade.";

    Error "E0401" MissingOperator "a condition without operator":
"A condition without operator would never hold. If `operator: >` is what was written: a plain `>` starts block text in
YAML; write `\">\"`.";
    Error "E0402" UnknownOperator "no operator is spelt like this":
"Operators are spelt exactly, words in capitals: == != < <= > >= AND OR NOT IN NOT_IN CONTAINS MATCHES EXISTS IS_NULL ALL
ANY NONE SUM AVG MIN MAX COUNT.";
    Error "E0403" MissingField "a comparison without field":
"Every operator but AND, OR and NOT compares a field of the event or of a stage result; `field` has its path.";
    Error "E0404" FieldNotText "a field that is not text":
"`field` is a path like `user.age` or `stages.CHECK.result`. Compare one field at a time; AND and OR combine conditions.";
    Error "E0405" MissingConditions "AND, OR or NOT without conditions":
"`conditions` lists the conditions that AND, OR and NOT combine; there has to be at least one.";
    Error "E0406" NotOneChild "NOT with more than one condition":
"It would be unclear what is negated. Put one AND or OR inside the NOT, or make several NOTs.";
    Error "E0407" ImpossibleOperand "an operand the operator can never work with":
"With this value the operator is an error for every field that is present. `<`, `<=`, `>`, `>=` need a number, a boolean,
text or a list; IN and NOT_IN a list, text or a mapping; MATCHES a regular expression as text.";
    Error "E0408" ElementPath "a path with many values where one belongs":
"`items[].price` has a value for every element of a list. Conditions ask whether some element satisfies them; a key of the
cache or the cascade's outcome is one value: `items[0].price`.";
    Error "E0409" InvalidPath "a path that cannot be read":
"A path is keys with dots between them: `user.address.city`. `nums[0]` takes an element of a list, counted from 0, and
`[\"a.b\"]` a key that has dots or brackets in it: `labels[\"a.b\"].x`.";
    Error "E0410" MisplacedCompare "`compare` on an operator that has none":
"`compare` says how ALL, ANY, NONE, SUM, AVG, MIN, MAX, COUNT, LENGTH, AGE, HOUR and WEEKDAY compare; other operators compare by themselves.";
    Error "E0411" UnknownCompare "no comparison is spelt like this":
"`compare` is one of == != < <= > >=, in quotes where it starts with `>` or `!`.";
    Error "E0412" TwoConditions "a condition that is there twice":
"A rule has its condition as a mapping, under `condition`, or as text, under `when`. Both mean the same; keep one.";
    Error "E0413" TwoOperands "an operand that is there twice":
"A comparison takes a constant, under `value`, or another field, under `value_field`.";
    Error "E0414" TooManyLists "too many lists inside one another":
"`a[].b[].c[].d[].e[]` goes through lists of lists; each further one multiplies the work. Four are the most.";

    Error "E0501" UnknownAction "no action is called like this":
"The actions are terminate, skip_to, enable_stages, disable_stages and set_field. Spelling is exact.";
    Error "E0502" IncompleteAction "an action without what it acts on":
"skip_to needs `target`, enable_stages and disable_stages need `stages` with at least one name, set_field needs `field`.";
    Error "E0503" SetFieldStages "a set_field under `stages`":
"A path that starts with `stages` reads stage results. What set_field wrote there could never be read back. Give the
field another name.";
    Error "E0504" SetFieldElement "a set_field into a list":
"set_field writes fields of mappings; it cannot change one element of a list.";

    Error "E0601" InvalidPattern "a regular expression that cannot be read":
"Patterns have the syntax of Python's `re`. In YAML, single quotes or no quotes keep backslashes: '\\d+'. In double
quotes and in JSON a backslash is written twice.";
    Error "E0602" UnsupportedPattern "a regular expression without a linear-time equal":
"Look-around (`(?=…)`, `(?!…)`, `(?<=…)`), back-references (`\\1`) and the like need backtracking, which can take for ever
on some texts. Split the test into several conditions, or match what is wanted instead of what is not.";
    Error "E0603" PatternTooLarge "a regular expression that compiles to too much":
"Large repetition counts multiply: `(a{1000}){1000}` has a million states. Use `*` or `+`, or smaller counts.";

    Error "E0701" DocumentTooLarge "the text is longer than allowed":
"Limit `bytes`, 16 MiB unless set otherwise.";
    Error "E0702" TooDeep "nested deeper than allowed":
"Limit `depth`, 128 levels unless set otherwise.";
    Error "E0703" TooManyNodes "more values than allowed":
"Limit `nodes`, 4 million values unless set otherwise; a copy made by an alias counts.";
    Error "E0704" TooManyAliases "aliases that copy more than allowed":
"An alias copies what its anchor holds; aliases of aliases multiply. Limit `alias_nodes`, 100,000 copied values unless set
otherwise. An anchor that contains its own alias has no end at all.";
    Error "E0705" NumberTooLong "a number with more digits than allowed":
"Limit `number_digits`, 4,300 digits unless set otherwise.";
    Error "E0706" TooManyDiagnostics "more mistakes than are listed":
"Limit `diagnostics`, 1,000 unless set otherwise. The first ones of the file are shown.";
    Error "E0707" TooManyPatterns "more regular expressions than allowed":
"Limit `patterns`, 10,000 different ones unless set otherwise. Alternatives of one field fit one pattern: `^(a|b|c)$`.";

    Error "E0708" TooCostly "rules that may cost more than allowed":
"The worst case of a rule list is the sum of what its instructions cost, reading fields not counted; `cascata check
--verbose` lists it. The limit is the one given with `--max-cost`; there is none otherwise.";

    Error "E0709" TooManyFiles "more files than allowed":
"Limit `files`, 256 unless set otherwise: what a cascade includes, its lists and its schema, each counted once.";
    Error "E0710" IncludeTooDeep "files that include one another deeper than allowed":
"Limit `include_depth`, 16 unless set otherwise.";
    Error "E0711" FilesTooLarge "files with more text than allowed":
"Limit `files_bytes`, 64 MiB for all files together unless set otherwise. Each included file has the limit `bytes` as well.";
    Error "E0712" TooManyListEntries "lists with more entries than allowed":
"Limit `list_entries`, 4 million unless set otherwise. Each condition has the entries of the list it names, so they are counted
again for every use.";

    Error "E0801" InvalidExpression "text that is no expression":
"An expression compares fields: `amount > 1000 and country not in [\"US\", \"CA\"] and not (email matches \"^test\")`.
The message says what stands where something else belongs. Words may be written in any case; names of fields may not.
A field whose key is no word is written with quotes: `[\"content-type\"] == \"text/html\"`.";
    Error "E0802" InvalidLiteral "a text or number that cannot be read":
"Texts stand in double or single quotes; a backslash begins an escape of JSON, so one that is meant is written twice.
`r\"\\d+\"` takes every backslash as it is. Numbers are decimal, as in JSON: `1000`, `-0.5`, `1e3`.";
    Error "E0803" ForeignOperator "an operator of another language":
"The operators are == != < <= > >=, and, or, not, in, not in, contains, matches, between, exists, is null. What others
write as `=`, `&&`, `||` or `!` is offered as a correction. Nothing equals null: a missing field makes every comparison
false, so ask `is null` or `exists`.";
    Error "E0804" NotACondition "a value where a condition belongs, or the other way round":
"A condition is true or false: a comparison, several of them joined by `and`, `or` and `not`, or a field alone, which asks
whether it is true. What is compared is a value: a field, a constant, something computed. A field stands before the
operator.";
    Error "E0805" UnknownFunction "nothing is called like this":
"Words with parentheses are few, and fields have none behind them: `name starts with \"x\"`, not `name.startsWith(\"x\")`.";

    Error "E0901" InvalidSchema "a schema that cannot be read":
"`schema` says what the fields of an event are, in a part of JSON Schema: type, properties, required,
additionalProperties, items, enum, const, minimum, maximum, exclusiveMinimum and exclusiveMaximum, and words for people. Any
other keyword is an error, because one that is ignored says less than it seems to.";
    Error "E0902" TypeMismatch "an operator that fails for every value of the schema":
"The schema says what the field can be, and for each of these values the operator is an error: text has no order to a
number, a number contains nothing. A missing field makes the comparison false, so it never holds.";

    Error "E1001" FileNotRead "a file that cannot be read":
"The cascade names a file that is not there, cannot be read or is no text; the message has the host's words. A host that gives
the compiler no files refuses every cascade that names one.";
    Error "E1002" FileOutside "a file outside of the cascade's folder":
"Files that a cascade names stand in its folder or below. Paths are relative to the file they are written in, with `/` between
folders.";
    Error "E1003" IncludeCycle "files that include each other in a circle":
"Nothing could come first. A file that several others include is read once; put what both need into a third one.";
    Error "E1004" MisplacedSetting "a setting that belongs to the cascade itself":
"An included file gives stages, rulesets, lists, a schema and global_termination_conditions, and may include others. What is said
of the cascade as a whole (order, limits, outcome, tests, …) is said in its own file. `name` and `version` of an included file mean
nothing; with them it can be checked on its own.";
    Error "E1005" RepeatedInFiles "a name that two files give":
"Stages, rule sets and lists have one name each in all files of a cascade, and it has one schema. Nothing is overridden.";

    Warning "W1001" UnknownKey "a key that means nothing":
"No setting has this name; it is ignored. A key that starts with `x-` is kept for the host without a warning, and
`custom_properties` and `domain_config` hold whatever is wanted. With `--strict` this is an error.";
    Warning "W1002" IgnoredKey "a key that has no effect here":
"The setting exists, but this operator or action does not look at it.";
    Warning "W1003" BooleanWord "yes, no, on or off as a boolean":
"YAML 1.1 reads the word as a boolean, YAML 1.2 as text. A boolean belongs here, so it is taken as one; `true` and
`false` are what both read alike.";
    Warning "W1004" NotABoolean "a value that stands for true or false":
"A boolean belongs here. Null, 0, empty text, an empty list and an empty mapping count as false, everything else as true,
so the text `\"no\"` counts as true.";
    Warning "W1005" UnknownStageInPath "a path to the result of a stage that is not there":
"`stages.NAME.…` reads the result of a stage. Without a stage of that name the field is always missing.";
    Warning "W1006" NameNotText "a name that is not text":
"Names are text. A number is taken as it is written, null as an empty name.";
    Warning "W1007" ConstantCondition "a comparison that always has the same answer":
"Whatever the field holds, the condition never holds (or always does where the field is present). `== null` is never
true, because a missing field makes every comparison false: use IS_NULL.";
    Warning "W1008" RepeatedName "a name that stands twice in one list":
"The second has no effect: a stage runs at most once.";
    Warning "W1009" MappingForList "an empty mapping where a list belongs":
"`{}` is taken as an empty list. Write `[]`, or leave the key out.";
    Warning "W1010" RaisedToOne "a limit of zero, taken as one":
"At least one stage runs at a time.";
    Warning "W1011" TextMembership "IN or NOT_IN with text or a mapping":
"With text the operator asks whether the field is a substring of it, with a mapping whether the field is one of its keys.
For one of several values write a list: `[\"US\", \"CA\"]`. For a part of the field use CONTAINS.";
    Warning "W1012" RepeatedRule "two rules of one stage with the same name":
"Both run, but records cannot tell them apart.";
    Warning "W1013" TwoRetries "retries of the stage and of its retry plugin":
"`max_retries` repeats the whole plugin list, and the plugin repeats the handler within each pass, so the attempts
multiply. Set one of the two to 0.";
    Warning "W1014" UnusedList "a list that no condition uses":
"The list stands in the cascade's own file, so that it is there for nobody else. Included files may have lists for others.";
    Warning "W1021" RepeatedTest "two tests with the same name":
"Both run, but a report cannot tell them apart, and `--filter` cannot choose one.";
    Warning "W1030" InvalidAllow "a comment to Cascata that cannot be used":
"`# cascata: allow(NAME) reason` on the line of a warning, or above it, says that it is wanted. NAME is the name of a warning as
`cascata lint --list` shows it, or several with commas between them; the reason is required. Errors cannot be allowed.";
    Warning "W1031" UnusedAllow "an allowed warning that is not there":
"The comment silences nothing: what it was written for is gone, or it stands on another line. Remove it.";

    Warning "W2001" NeverTrue "a condition that never holds":
"No event and no stage result makes the condition true, so whatever depends on it never happens.";
    Warning "W2002" AlwaysTrue "a condition that always holds":
"Every event makes the condition true, or every event that has the field at all. A comparison that lets everything
through asks nothing; EXISTS and IS_NULL say whether a field is there.";
    Warning "W2003" Contradiction "conditions that exclude each other":
"Two parts of one AND never hold together, like `x > 10` and `x < 5`, or two different values of one field. Fields that a
missing value leaves out, kinds that an operator does not take, and prefixes of text are all thought of.";
    Warning "W2004" RedundantCondition "a condition that changes nothing":
"Without this part the rule comes out the same for every event: true, false and errors alike. Often another part says more
already: in `x > 10 AND x > 5` the second one does nothing.";
    Warning "W2005" ShadowedRule "a rule that others always keep from firing":
"The first precondition that holds blocks its stage, a global termination condition that holds ends the cascade, and an
error ends a list of routing rules or postconditions (`on_rule_error: stop`). Whenever this rule would hold, one of those
has come first. What was asked before the handler counts only for fields of the event that no rule writes.";
    Warning "W2006" DuplicateRule "two rules that differ in nothing but their name":
"Both ask the same and do the same, in one list. One of them is enough, unless a value in it was meant to differ.";
    Warning "W2007" UnreachableStage "a stage that never runs":
"The stage is disabled or left out of `execution_order`, and no rule that can fire enables it; or it waits for such a
stage.";
    Warning "W2008" SkipDrainsQueue "a skip_to that drains the queue":
"`skip_to` drops queued stages up to its target. This target is not in the queue when the rule fires: all stages are
dropped and the cascade ends. `terminate` says so.";
    Warning "W2009" ConflictingSetField "a written field that is always written over":
"Whenever the first rule fires, the later one fires as well and writes another value to the same field, and nothing in
between looks at it.";
    Warning "W2010" RegexNeverMatches "a regular expression that nothing matches":
"Conditions on a place contradict each other: `a^b` wants the start of the text behind an `a`, `$a` something behind the
end.";
    Warning "W2011" HiddenPath "a field that is hidden":
"`events: {hide: [key]}` keeps top-level keys of the event from rules and stages. A condition on such a field sees it as
missing, always.";
    Warning "W2012" UnknownField "a field that the schema does not have":
"The schema lists the keys of an object, and this one is not among them; or the path leads into a value that is no
mapping or list. If there are more keys than are listed, `additionalProperties: true` says so.";
    Warning "W2013" ImpossibleComparison "a comparison that no value of the schema satisfies":
"The schema says what the field can be: its types, its values, its range. None of that makes the comparison true.";
    Warning "W2014" MixedTypes "a field that is taken for two types":
"Whenever the first comparison holds, the second one is an error, because the one is for values of a type that the other cannot
take. Both are asked of the same events, as the first condition of rules of one list. Nothing guards the second.";
    Warning "W2015" WrittenMisfit "a written value that the schema does not let the field have":
"What rules write has to be as the schema says, like the rest of the event: what reads the field goes by its type. A field that the
schema does not list is there to be written, and null may be written anywhere.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_ordered_and_match_their_severity() {
        let texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(texts.is_sorted());
        for code in Code::ALL {
            assert_eq!(code.as_str().starts_with('E'), code.severity() == Severity::Error);
            assert_eq!(Code::parse(&code.as_str().to_lowercase()), Some(*code));
            assert!(!code.title().is_empty() && !code.explanation().is_empty());
        }
        let mut distinct = texts.clone();
        distinct.dedup();
        assert_eq!(distinct, texts);
    }
}
