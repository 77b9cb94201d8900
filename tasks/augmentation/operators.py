"""Rewording a note without changing what it says: the augmentation operators, and the words that none of them touches.

The named words are English. A clause is what stands between two marks of punctuation or ends of line.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise


def _named(words: str) -> frozenset[str]:
    return frozenset(words.split())


NEGATIONS = _named(
    "no not non nor none never neither nothing nil without w/o w/out cannot denies denied deny denying denial negative "
    "neg absent absence lack lacking free excluded nkda nka nad dont doesnt didnt isnt arent wasnt werent hasnt "
    "havent hadnt cant couldnt wont wouldnt"
)
# "Mother had a stroke", "a stroke in 2014, resolved" and "return if stroke" negate nothing, yet the patient has no
# stroke. These words say whose a finding is, when it was and whether it is real: a label hangs on them as on a "not".
STATUS_CUES = _named(
    "family familial fhx fh maternal paternal mother father mom mum dad parent brother sister sibling "
    "son daughter child children childhood aunt uncle cousin grandmother grandfather grandparent relative "
    "wife husband spouse partner friend roommate neighbor neighbour coworker colleague "
    "history hx h/o pmh pmhx psh past previous previously prior former formerly remote had used last ago resolved "
    "recovered cured healed treated settled gone subsided stopped ceased cleared "
    "if unless whether rule ruled r/o return possible possibly probable probably likely unlikely suspected suspicion "
    "suspicious concern concerned fear feared afraid worry worries worried risk may might could would should "
    "case watch monitor screen screening precautions told advised warned educated counseled counselled handout"
)
# All that dropout leaves out: a finding may be one word, and without it the label is another.
FILLERS = _named(
    "a an the this that these those of in on at to from by for and be been being it its he she they his her their "
    "pt patient also very quite rather really just some"
)
# Each binds what follows it to what stands before: "stroke s/p fall" isn't "s/p stroke fall".
LINKS = _named(
    "with w/ a/w but although though yet except or vs than as like status post s/p c/o complains p/w presents due d/t "
    "because after before since until while during when into onto over under near through between per via"
)
NUMBERS = _named("zero one two three four five six seven eight nine ten eleven twelve dozen half once twice double")
CUES = NEGATIONS | STATUS_CUES
UNTOUCHED = CUES | NUMBERS
# By these a text is known to be English: the words above, without those that other languages have too. Of seven English
# corpora, notes in shorthand and issues full of code among them, they are 10% of the words and more; of software's
# messages in forty other languages, at most 3%.
ENGLISH = (UNTOUCHED | FILLERS | LINKS) - _named(
    "a an as at be by case for friend had he her if in last no non on or over partner patient per prior pt risk rule "
    "son spouse status ten to used via"
)
LEAST_ENGLISH = 1 / 16
SIGNS = frozenset("+-\N{MINUS SIGN}±")  # "+melena" and "-melena" are shorthand for present and absent
KEYBOARD = (
    "q:wa w:qeas e:wrsd r:etdf t:ryfg y:tugh u:yihj i:uojk o:ipkl p:ol a:qwsz s:weadzx d:ersfxc f:rtdgcv "
    "g:tyfhvb h:yugjbn j:uihknm k:iojlm l:opk z:asx x:sdzc c:dfxv v:fgcb b:ghvn n:hjbm m:jkn"
)
NEIGHBOURS = {entry[0]: entry[2:] for entry in KEYBOARD.split()}
SHORTEST_MISTYPED = 4  # letters: one wrong letter makes another abbreviation of "MI" or "SOB"
SHORTEST_MISREAD = 6  # letters: too many shorter words are one letter apart
WORD = r"[^\W_](?:[\w/'\u2019-]*[\w/])?"
TOKEN = re.compile(f"(.*?)({WORD})", re.DOTALL)
TERM = re.compile(f"{WORD}(?: {WORD})*")
SENTENCE_END = re.compile(r"[!?]|\.(?=\s|$)")

Lexicon = Mapping[str, str]  # a lower-case term, one space between its words -> what replaces it
Operator = Callable[[str, random.Random, Lexicon], str]


@dataclass(frozen=True)
class Word:
    start: int
    end: int
    text: str
    before: str  # what stands between it and the word before
    is_cue: bool
    is_fixed: bool  # no operator touches it
    is_held: bool  # no operator moves or drops it, as it is fixed or names a value


def abbreviation(text: str, lexicon: Lexicon) -> str:
    """Return `text` with each abbreviation of the lexicon written out and each expansion abbreviated."""
    words, longest = _words(text), max((len(term.split()) for term in lexicon), default=0)
    result, done, first = "", 0, 0
    while first < len(words):
        term = _longest_term(words[first : first + longest], lexicon)
        if term:
            result += text[done : term[0].start] + lexicon[_key(term)]
            done = term[-1].end
        first += len(term) or 1
    return result + text[done:]


def dropout(text: str, generator: random.Random) -> str:
    """Return `text` without some filler words: one word in ten, and at least one, as far as there are so many."""
    optional = [pair for pair in _open_pairs(text) if pair[0].text.lower() in FILLERS and not pair[0].is_held]
    count = min(len(optional), max(1, round(len(_words(text)) / 10)))
    for word, following in sorted(generator.sample(optional, count), key=lambda pair: -pair[0].start):
        text = text[: word.start] + text[following.start :]
    return text


def swap(text: str, generator: random.Random) -> str:
    """Return `text` with two neighbouring words that may move exchanged."""
    pairs = [(left, right) for left, right in _open_pairs(text) if _may_move(left) and _may_move(right)]
    if not pairs:
        return text
    left, right = generator.choice(pairs)
    return text[: left.start] + right.text + text[left.end : right.start] + left.text + text[right.end :]


def typo(text: str, generator: random.Random) -> str:
    """Return `text` with one letter of one word replaced by its neighbour on a QWERTY keyboard."""
    words = [word for word in _words(text) if not word.is_fixed and len(word.text) >= SHORTEST_MISTYPED]
    choices = [word for word in words if any(_slips(word.text))]
    if not choices:
        return text
    word = generator.choice(choices)
    return text[: word.start] + generator.choice(list(_slips(word.text))) + text[word.end :]


OPERATORS: dict[str, Operator] = {  # by their names in params.yaml, where each has the chance that a row gets its copy
    "abbreviation": lambda text, _, lexicon: abbreviation(text, lexicon),
    "dropout": lambda text, generator, _: dropout(text, generator),
    "swap": lambda text, generator, _: swap(text, generator),
    "typo": lambda text, generator, _: typo(text, generator),
}


def english_share(texts: Iterable[str]) -> float:
    """Return which share of the texts' words is in ENGLISH."""
    counts = Counter(token[2].lower() in ENGLISH for text in texts for token in TOKEN.finditer(text))
    return counts[True] / max(counts.total(), 1)


def is_negation(word: str) -> bool:
    """Return whether the word, or a part of it ("non-tender", "can't"), negates."""
    return not NEGATIONS.isdisjoint(_parts(word))


def is_number(word: str) -> bool:
    """Return whether the word holds a digit or is a number written out."""
    return any(map(str.isdigit, word)) or not NUMBERS.isdisjoint(_parts(word))


def _words(text: str) -> list[Word]:
    tokens = list(TOKEN.finditer(text))
    numbers = [is_number(token[2]) for token in tokens]
    attached = [index for index, token in enumerate(tokens) if index and token[1].isspace()]
    units = {index for index in attached if numbers[index - 1]}
    measured = {index - 1 for index in attached if numbers[index]}  # the "BP" of "BP 120/80", the drug before a dose
    words = []
    for index, token in enumerate(tokens):
        is_cue = _reads_as(token[2], CUES) or not SIGNS.isdisjoint(token[1])
        is_fixed = is_cue or numbers[index] or index in units
        is_held = is_fixed or index in measured
        words.append(Word(*token.span(2), token[2], token[1], is_cue, is_fixed, is_held))
    return words


def _open_pairs(text: str) -> list[tuple[Word, Word]]:
    # A cue reaches over commas ("denies melena, chest pain"), so from its clause to the end of its sentence the words
    # stay as they are.
    clauses: list[list[Word]] = []
    for word in _words(text):
        if not clauses or not _is_blank(word.before):
            clauses.append([])
        clauses[-1].append(word)
    under_cue, pairs = False, []
    for clause in clauses:
        under_cue = under_cue and not SENTENCE_END.search(clause[0].before)
        under_cue = under_cue or any(word.is_cue for word in clause)
        pairs += [] if under_cue else list(pairwise(clause))
    return pairs


def _may_move(word: Word) -> bool:
    return not word.is_held and word.text.lower() not in FILLERS | LINKS


def _longest_term(words: list[Word], lexicon: Lexicon) -> list[Word]:
    term: list[Word] = []
    for size, word in enumerate(words, start=1):
        if word.is_fixed or (size > 1 and not _is_blank(word.before)):
            break
        if _key(words[:size]) in lexicon:
            term = words[:size]
    return term


def _key(words: list[Word]) -> str:
    return " ".join(word.text.lower() for word in words)


def _is_blank(gap: str) -> bool:
    return not gap.strip(" \t")


def _slips(word: str) -> Iterator[str]:
    slips = (
        word[:place] + (neighbour.upper() if letter.isupper() else neighbour) + word[place + 1 :]
        for place, letter in enumerate(word)
        for neighbour in NEIGHBOURS.get(letter.lower(), "")
    )
    return (slip for slip in slips if not _reads_as(slip, UNTOUCHED))


@lru_cache(2**16)  # of a million rows the different words and slips are many
def _reads_as(word: str, cues: frozenset[str]) -> bool:
    # Notes are typed in a hurry: "dneies" and "fathwr" still read as what they mean.
    word = word.lower()
    alike = _by_shape(cues).get((len(word), word[:1]), ())
    return not cues.isdisjoint(_parts(word)) or any(_misspells(word, cue) for cue in alike)


@cache
def _by_shape(cues: frozenset[str]) -> dict[tuple[int, str], list[str]]:
    """Return the cues that may be misspelled by their length and first letter, which they keep."""
    shapes: dict[tuple[int, str], list[str]] = {}
    for cue in cues:
        if len(cue) >= SHORTEST_MISREAD:
            shapes.setdefault((len(cue), cue[0]), []).append(cue)
    return shapes


def _misspells(word: str, cue: str) -> bool:
    return sorted(word) == sorted(cue) or sum(a != b for a, b in zip(word, cue, strict=True)) == 1


def _parts(word: str) -> set[str]:
    word = word.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    parts = {word, *re.split("[/'-]", word.replace("n't", "-not"))}
    return parts | {part.removesuffix("s") for part in parts}
