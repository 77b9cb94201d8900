"""Two spellings of one text, label or group have one key; what says something else has another."""

import random
import sys

import pandas as pd
import pytest

from core.data.sameness import key, row_keys

SAME = [
    # case 10
    ("no pain.", "no pain"),
    ("patient\N{RIGHT SINGLE QUOTATION MARK}s pain", "patient's pain"),
    ("pain &amp; fever", "pain & fever"),
    ("no\N{ZERO WIDTH SPACE} pain", "no pain"),
    ("Patient complains of shortness of breath", "patient complains of SHORTNESS of breath!"),
    # case 9
    ("very urgent", "very\N{NO-BREAK SPACE}urgent"),
    ("very urgent", "Very urgent"),
    ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe\N{COMBINING ACUTE ACCENT}"),
    ("1", "1.0"),
    # case 8
    ("17", "17.0"),
    ("007", "7"),
    ("P01", "p01"),
    # others of the same kinds
    ("&lt;5 &#8217;x&#x2019;", "<5 'x'"),
    ("R&amp;amp;D", "R&D"),
    ("&Eacute;tat", "\N{LATIN SMALL LETTER E WITH ACUTE}tat"),
    ("\N{LEFT DOUBLE QUOTATION MARK}yes\N{RIGHT DOUBLE QUOTATION MARK} she said", '"yes" she said'),
    ("``yes'' she said", '"yes" she said'),
    ("don\N{ACUTE ACCENT}t", "don't"),
    ("wait \N{EM DASH} no", "wait -- no"),
    ("wait \N{EN DASH} no", "wait - no"),
    ("co\N{SOFT HYPHEN}operate", "cooperate"),
    ("\N{ZERO WIDTH NO-BREAK SPACE}first", "first"),
    ("left\N{RIGHT-TO-LEFT MARK} arm", "left arm"),
    ("heart \N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}!", "heart \N{HEAVY BLACK HEART}"),
    ("a\tb\r\nc", "a b c"),
    ("a\N{LINE SEPARATOR}b\x0bc", "a b c"),
    ("ur\x07gent", "urgent"),
    ("\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{FULLWIDTH DIGIT ONE}", "a1"),
    ("\N{LATIN SMALL LIGATURE FI}ne", "fine"),
    ("Stra\N{LATIN SMALL LETTER SHARP S}e", "STRASSE"),
    ("...no pain (today)...", "no pain (today)"),
    ("(no pain)", "no pain"),
    ('"no pain ."', "no pain"),
    ("\u6211\u5f88\u597d\u3002", "\u6211\u5f88\u597d"),
    ("\N{INVERTED QUESTION MARK}qu\N{LATIN SMALL LETTER E WITH ACUTE}?", "qu\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ("-0.50", "\N{MINUS SIGN}.5"),
    ("1e+05", "100000.0"),
    ("123456789012345678901234567890", "123456789012345678901234567890.0"),
    ("\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT SEVEN}", "17"),
    ("'17.0'", "17"),
    ("1,000", "1000.0"),
    ("&amp;#39;tis", "'tis"),
    ("AC\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}L", "acil"),  # as Turkish writes capitals
    (
        "A\N{LATIN CAPITAL LETTER G WITH BREVE}IR",
        "a\N{LATIN SMALL LETTER G WITH BREVE}\N{LATIN SMALL LETTER DOTLESS I}r",
    ),
    ("\N{VULGAR FRACTION ONE HALF} dose", "1/2 dose"),
    ("\u0633\N{ARABIC TATWEEL}\u0644\u0627\u0645", "\u0633\u0644\u0627\u0645"),
]
DIFFERENT = [
    ("no pain", "pain"),
    ("-1", "1"),
    (".5 mg", "5 mg"),
    ("1e5", "100000"),  # a name, as of a version or a part
    ("12345678901234567890", "12345678901234567891"),
    ("C#", "C"),
    ("C++", "C"),
    ("A+", "A-"),
    ("melena -", "melena +"),
    ("<5", ">5"),
    ("great :)", "great :("),
    ("great ;-)", "great ;-("),
    (":)", ":("),
    ("?", "!"),
    ("room 1.0", "room 10"),
    ("naive", "na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve"),
    ("H2O", "HO"),
    ("1,00", "100"),
    ("- fever", "+ fever"),
    ("p&lt", "p<"),  # no entity: nothing ends it
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_the_same_have_one_key(one, other):
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_says_something_else_has_another_key(one, other):
    assert key(one) != key(other)


@pytest.mark.parametrize("nothing", ["", " ", "\N{ZERO WIDTH SPACE}", "&nbsp;", "\x00", "\N{HANGUL FILLER}"])
def test_where_nothing_is_to_be_seen_the_key_is_empty(nothing):
    assert key(nothing) == ""


def test_the_key_of_a_key_is_itself_and_holds_no_line_break():
    drawn = random.Random(13)
    edges = "&amp;.'\"-()+0e1 \n\N{ACUTE ACCENT}\N{FULLWIDTH AMPERSAND}\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
    points = [chr(drawn.randrange(sys.maxunicode)) for _ in range(3000)]
    for _ in range(3000):
        value = "".join(drawn.choice(edges if drawn.random() < 0.7 else points) for _ in range(drawn.randrange(1, 9)))
        assert key(key(value)) == key(value), repr(value)
        assert "\n" not in key(value)


def test_a_pair_is_the_same_where_both_texts_are_and_no_other_pair_by_chance():
    rows = pd.DataFrame(
        {
            "text": ["A.", "a", "a b", "a", None, "\N{ZERO WIDTH SPACE}"],
            "text_pair": ["b c", "B  c", "c", "b\nc", "x", "x"],
        },
        dtype="str",
    )
    keys = row_keys(rows)
    assert keys[0] == keys[1] == keys[3] != keys[2]
    assert keys.isna().tolist() == [False, False, False, False, True, True]
