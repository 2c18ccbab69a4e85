#!/usr/bin/env python3
"""Writes regex_python.jsonl: patterns, texts, and what CPython's `re.match` says to them.

Usage: gen_regex.py [seed] [patterns] > regex_python.jsonl     (defaults: 20240611 3200; CPython 3.11)

One object a line:
  {"pattern": p, "matches": [text, ...], "misses": [text, ...], "features": [...]}   texts that match, and that do not
  {"pattern": p, "error": message}                                  the pattern is refused
`features` names what has no equal in a regular language: look_around, back_reference, conditional, atomic.
"""
import itertools
import json
import random
import re
import signal
import sys
import warnings
from re import _constants as C
from re import _parser

warnings.simplefilter("ignore")
SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 20240611
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 3200
R = random.Random(SEED)

ALPHABET = ["a", "b", "c", "A", "B", "k", "i", "1", "7", "_", " ", "\n", ".", "-", "é", "É", "ß", "日"]
CASES = ["I", "İ", "ı", "ſ", "s", "S", "K", "K", "µ", "μ", "Σ", "ς", "σ", "ǅ", "ǆ", "Ω", "ω", "Ω", "å", "Å"]
ODD = ["\t", "\r", "\x1c", "\x85", "\xa0", "\u2028", "²", "½", "Ⅷ", "٣", "\u0301", "‿", "Ⓐ", "𝄞", "𐐀", "𐐨", "\x00", "]", "^", "\\", "&", "~", "|", "[", "{", "}"]


def literal():
    c = R.choice(ALPHABET * 3 + CASES + ODD)
    if c in "\\[]{}()*+?.^$|#& ~-" or R.random() < 0.1:
        kind = R.random()
        if kind < 0.5 and not (c.isalnum() and c.isascii()):
            return "\\" + c
        if kind < 0.7 and ord(c) < 256:
            return "\\x%02x" % ord(c)
        if kind < 0.8 and ord(c) < 0o400:
            return "\\%03o" % ord(c)
        if ord(c) < 0x10000:
            return "\\u%04x" % ord(c)
        return "\\U%08x" % ord(c)
    return c


def charset():
    members = []
    for _ in range(R.randint(1, 4)):
        kind = R.random()
        if kind < 0.2:
            members.append(R.choice(["\\d", "\\w", "\\s", "\\D", "\\W", "\\S"]))
        elif kind < 0.45:
            members.append(R.choice(["a-c", "A-Z", "0-9", "é-ü", "\\x00-\\x1f", "b-k", "--.", "\\t-\\r", "h-j", "!-~", "Α-ω", "\\ud000-\\ue000"]))
        elif kind < 0.6:
            members.append(R.choice(["[", "&&", "||", "~~", "--a", "^", "{", "(", ")", "*", "$", ".", "#", " ", "[a]", "[:alpha:]", "a&&b", "\\b", "\\n", "\\]", "\\-", "\\\\", "\\0", "\\12"]))
        else:
            members.append(R.choice(["a", "b", "1", "_", "\n", "é", "İ", "k", "s", "日", "-"]))
    return "[" + R.choice(["", "", "^"]) + R.choice(["", "", "", "]"]) + "".join(members) + R.choice(["", "", "-"]) + "]"


def quantifier(special):
    q = R.choice(["*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "{0}", "{,}", "{0,1}", "{2,3}"])
    return q + R.choice(["", "", "", "?"] + (["+"] if special else []))


def atom(depth, special):
    kind = R.random()
    if kind < 0.36:
        return literal()
    if kind < 0.46:
        return charset()
    if kind < 0.54:
        return R.choice(["\\d", "\\w", "\\s", "\\D", "\\W", "\\S"])
    if kind < 0.60:
        return "."
    if kind < 0.72:
        return R.choice(["$", "$", "$", "^", "\\Z", "\\A", "\\b", "\\B", "\n"])
    if kind < 0.74:
        return R.choice(["{", "}", "]", "{a}", "{1", "{1,a}", "(?#c)", "(?#\\))", "#", " ", "x{}"])
    if depth <= 0:
        return literal()
    inner = alternation(depth - 1, special)
    opening = R.choice(["(", "(?:", "(?:", "(?i:", "(?m:", "(?s:", "(?a:", "(?-i:", "(?im-s:", "(?x:", "(?u:", "(?P<n%d>" % R.randint(0, 99)])
    if special and R.random() < 0.5:
        opening = R.choice(["(?=", "(?!", "(?<=", "(?<!", "(?>", "(?>", "(?>"])
    return opening + inner + ")"


def sequence(depth, special):
    parts = []
    for _ in range(R.choice([0, 1, 1, 2, 2, 3, 4])):
        part = atom(depth, special)
        if R.random() < 0.3:
            part += quantifier(special)
        parts.append(part)
    if special and R.random() < 0.1:
        parts.append(R.choice(["(a)\\1", "(?P<q>b)(?P=q)", "(c)?(?(1)a|b)"]))
    return "".join(parts)


def alternation(depth, special):
    return "|".join(sequence(depth, special) for _ in range(R.choice([1, 1, 1, 2, 2, 3])))


def mangled():
    tokens = ["a", "b", "(", ")", "(?", "(?:", "(?P<", ">", "(?i)", "(?i", "(?-", "(?a-i:", "[", "]", "[^", "-", "{", "}", "{2}", "{2,1}", ",", "1", "9",
              "*", "+", "?", "|", "^", "$", ".", "\\", "\\1", "\\8", "\\08", "\\x", "\\x4", "\\u12", "\\q", "\\z", "\\p", "\\b", "\\Z", "\\_", "\\é", "#", " ", "\n", "é", "(?#", "(?P=n)", "(?(", "(?<n>",
              "(?L)", "(?au:", "(?z)", "{99999999999}", "\\400", "\\377", "\\U00110000", "[b-a]", "[\\d-z]", "(?s)(?m)", "(?x) a # c\n b"]
    return "".join(R.choice(tokens) for _ in range(R.randint(1, 6)))


def dollars(depth):
    """Patterns in which `$` meets newlines and repeats."""
    def part(depth):
        kind = R.random()
        if kind < 0.35:
            return "$"
        if kind < 0.6:
            return R.choice(["\\n", "\\s", "[^b]", "(?s:.)", "\n"])
        if kind < 0.75 or depth <= 0:
            return R.choice(["a", "a", ".", "^", "\\Z", "\\b", "(?m:$)", "(?m:^)"])
        return "(?:" + dollars(depth - 1) + ")" + R.choice(["", "?", "*", "+", "{2}", "{3}", "{1,2}", "{2,3}", "{2,}", "{3,4}"])
    return "|".join("".join(part(depth) for _ in range(R.choice([1, 2, 2, 3]))) for _ in range(R.choice([1, 1, 2])))


SHORT = ["".join(word) for length in range(5) for word in itertools.product("a\n", repeat=length)]

WRITTEN = r"""a$ ^a$ a$b a$|b (a$|b)c (a$|b)\n? a$\n a$\n? a$\n$ a$\s a$\s*$ (a|$)* (a|$)+ (?:a|$){2,3} (?:a|\n|$){2,3}b a$.*b a$(?s:.)* (a$)+ ((a$)?)* ($|a)b? ($\n)? $\n\Z $\Z \Z$ $$ ^$ ^$\n
$a* ($)* (?:$){2} (?:$\n?){2} (?:$\n?){3} (?:a$\n?){1,2} (?:(?:a|$)\n?){2} (?m)a$ (?m)^b (?m)a$\nb$ (?m:$)\n (?s).*b a\Z \Aa \bok\b \Bb a\Bb \ba\b (?a)\bé (?a)\w+$ (?a)\d \d+ \s+ \w+ \W+ [\w-]+ [^\W\d]+ [\W\d]
a{,2}b a{2 a{,} a{ {a a{1,2}? x*? x+? (?i)k (?i)i (?i)ß (?i)[k-s]+ (?i)[^i] (?i)ſ (?ai)k (?i)Σ (?i:a)b (?i)(?-i:a)b (?x)a\ b (?x)a[ ]b (?x)a#b (?P<n>a)b (?P<n>a)(?P<n>b) (?P<1>a) (?P<>a) (?P<é>a)
[]a] [^]a] [a&&b]+ [a--b] [[a]] [a||b] [~~] [a-] [-a] [a\-z] [\]] []-a] [\b] [\A] [a-\d] [\d-a] [z-a] [a []  ] } { (?#c)a a(?#c)* (?#c a** a*+ a++a a?+a (?>a*)a (?>a*)b (?>ab|a)b a*+$ a*+\n \w++\s \012 \08 \1 \8 [\8] [\08] \x41 \u00e9 \U0001d11e \N{BULLET} \N{NOPE} \z \p{L} \é \_ \- \/ \ a|* (|a)* ()* (?:)+ a||b | (a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10
(?i)(?s)a.b a(?i) (?i)* (?:(?i)a) (?i)|a .*$ .+\n ^\s*$ -?\d+(\.\d+)?$ \B \B.* a*\B (?:\B|a) \B\B \b \b$ a\b""".split("\n")


def features(tree, found):
    for op, argument in tree:
        if op in (C.ASSERT, C.ASSERT_NOT):
            found.add("look_around")
        elif op is C.GROUPREF:
            found.add("back_reference")
        elif op is C.GROUPREF_EXISTS:
            found.add("conditional")
        elif op in (C.ATOMIC_GROUP, C.POSSESSIVE_REPEAT):
            found.add("atomic")
        if op in (C.ASSERT, C.ASSERT_NOT):
            features(argument[1], found)
        elif op is C.ATOMIC_GROUP:
            features(argument, found)
        elif op is C.SUBPATTERN:
            features(argument[3], found)
        elif op in (C.MAX_REPEAT, C.MIN_REPEAT, C.POSSESSIVE_REPEAT):
            features(argument[2], found)
        elif op is C.BRANCH:
            for branch in argument[1]:
                features(branch, found)
    return found


def sample(tree):
    """A text that the pattern probably matches."""
    text = ""
    for op, argument in tree:
        if op is C.LITERAL:
            c = chr(argument)
            text += R.choice([c, c, c.upper()[:1], c.lower()[:1]])
        elif op is C.SUBPATTERN:
            text += sample(argument[3])
        elif op is C.ATOMIC_GROUP:
            text += sample(argument)
        elif op in (C.MAX_REPEAT, C.MIN_REPEAT, C.POSSESSIVE_REPEAT):
            low, high, inner = argument
            for _ in range(min(R.randint(low, min(int(high), low + 2)), 5)):
                text += sample(inner)
        elif op is C.BRANCH:
            text += sample(R.choice(argument[1]))
        elif op is C.IN:
            choices = []
            for kind, value in argument:
                if kind is C.LITERAL:
                    choices.append(chr(value))
                elif kind is C.RANGE:
                    choices.append(chr(R.randint(*value)))
                elif kind is C.CATEGORY:
                    choices.append(R.choice(["1", "a", " ", "é", "\n", "-"]))
            text += R.choice(choices or ["a"])
        elif op in (C.ANY, C.NOT_LITERAL):
            text += R.choice(ALPHABET)
    return text


def surrogates(text):
    return any(0xD800 <= ord(c) < 0xE000 for c in text)


def row(pattern, words=None):
    if surrogates(pattern):
        return None
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, ValueError) as error:
        return {"pattern": pattern, "error": str(error)}
    tree = _parser.parse(pattern)
    texts = set(words or ["", "\n", "a", "a\n"])
    for _ in range(0 if words else 5):
        text = sample(tree)
        texts |= {text, text + R.choice(["\n", "\n\n", "a", "\nb", " ", "é"])}
        if text:
            at = R.randrange(len(text))
            texts.add(text[:at] + R.choice(ALPHABET + CASES + ODD) + text[at + 1:])
    if not words:
        texts |= {"".join(R.choice(ALPHABET + CASES + ODD) for _ in range(R.randint(1, 5))) for _ in range(3)}
    texts = sorted(t for t in texts if not surrogates(t) and len(t) <= 24)
    if "\\b" in pattern or "\\B" in pattern:
        # What is a word's part here differs for these; the translation says so.
        texts = [t for t in texts if not set(t) & set("²½Ⅷ\u0301‿Ⓐ")]
    if "i" in pattern and set(pattern) & set("𐐀𐐨"):
        # CPython loses letters beyond U+FFFF in sets that ignore case.
        return None
    matches, misses = [], []
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        for text in texts:
            (matches if compiled.match(text) else misses).append(text)
    except TimeoutError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if words:
        R.shuffle(matches)
        R.shuffle(misses)
    result = {"pattern": pattern, "matches": matches[:7], "misses": misses[:7]}
    found = sorted(features(tree, set()))
    if found:
        result["features"] = found
    return result


def interrupt(*_):
    raise TimeoutError


def main():
    signal.signal(signal.SIGALRM, interrupt)
    seen = set()
    patterns = [pattern for line in WRITTEN for pattern in line.split(" ")] + ["(?x) a  # c\n b", "a\\\nb", "(?x)a\\ b", "(?x)a[ ]b", "a b", "(?x)a#b\n*"]
    while len(seen) < COUNT:
        words = None
        if patterns:
            pattern = patterns.pop(0)
        else:
            kind = R.random()
            if kind < 0.12:
                pattern = mangled()
            elif kind < 0.3:
                pattern = dollars(R.randint(1, 2))
                words = SHORT
            else:
                pattern = R.choice(["", "", "", "", "(?i)", "(?m)", "(?s)", "(?a)", "(?x)", "(?ims)", "(?i)(?a)"]) + alternation(R.randint(0, 3), kind > 0.92)
        if pattern in seen or len(pattern) > 60:
            continue
        seen.add(pattern)
        found = row(pattern, words)
        if found:
            print(json.dumps(found, ensure_ascii=True))


main()
