"""The sample domain: synthetic triage notes, drawn from vocabulary.yaml as SPECIFICATION.md says.

`python -m data.sample.generate COMMIT` draws it into data/raw; `--seed 00000001 --output FOLDER` draws another one.
"""

import copy
import csv
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import yaml

from core.base.errors import UserError, run

HERE = Path(__file__).parent
RAW = HERE.parent / "raw"
COLUMNS = ("text", "label", "patient", "complaint", "seen")
README = """\
The sample domain of Acclimate: short clinical triage notes, each labelled urgent or routine, with the patient it
belongs to, the finding that is its complaint, and whether training has that complaint. They are synthetic, generated
by data/sample/generate.py, and their numbers say nothing of real care. Of the training labels 2.5% are wrong, of those
of validation and test none. A quarter of the vocabulary occurs in the test split alone.

Drawn by `python -m data.sample.generate {words}`; data/sample/SPECIFICATION.md says what it holds and why.
"""

Entry = dict[str, Any]  # one line of the vocabulary


@dataclass(frozen=True)
class Mention:
    """One finding as one note speaks of it."""

    red: bool
    status: str
    finding: str
    phrasing: str


@dataclass(frozen=True)
class Note:
    """One row of the corpus, with what it was made from."""

    text: str
    label: str
    patient: str
    complaint: str
    truth: str  # the label before noise
    mentions: tuple[Mention, ...]
    template: str


def rule(mentions: Iterable[Mention]) -> str:
    """The label rule: urgent if a red flag is present now in the patient."""
    return "urgent" if any(mention.red and mention.status == "present" for mention in mentions) else "routine"


def read_vocabulary() -> dict[str, Any]:
    """Return vocabulary.yaml."""
    vocabulary: dict[str, Any] = yaml.safe_load((HERE / "vocabulary.yaml").read_text(encoding="utf-8"))
    return vocabulary


def lists(vocabulary: Mapping[str, Any]) -> dict[str, list[Entry]]:
    """Return the lists of which a share is held out, by their names."""
    plain = {name: vocabulary[name] for name in ("red", "harmless", "templates", "vitals", "closings")}
    return {**plain, **vocabulary["phrasings"]}


def divided(vocabulary: dict[str, Any], seed: str) -> dict[str, Any]:
    """Return the vocabulary with each entry's mark `held_out`: whether the seed leaves it to the test split."""
    marked, rng = copy.deepcopy(vocabulary), Random(f"{seed} held out")
    for entries in lists(marked).values():
        held_out = rng.sample(range(len(entries)), round(vocabulary["held_out"] * len(entries)))
        for number, entry in enumerate(entries):
            entry["held_out"] = number in held_out
    return marked


def generate(vocabulary: dict[str, Any], seed: str) -> dict[str, list[Note]]:
    """Draw every split; the same vocabulary and seed give the same notes."""
    words = divided(vocabulary, seed)
    written: set[str] = set()
    numbers = count(1)
    return {split: Author(words, split, seed).write(numbers, written) for split in words["rows"]}


class Author:
    """Writes the notes of one split, with a source of chance of its own, from a vocabulary with marks."""

    def __init__(self, words: dict[str, Any], split: str, seed: str) -> None:
        self.words, self.chances = words, words["chances"]
        self.rows, self.split, self.seed = words["rows"][split], split, seed
        self.rng = Random(f"{seed} {split}")
        self.decks: dict[str, list[Entry]] = {"red": [], "harmless": []}

    def write(self, numbers: Iterator[int], written: set[str]) -> list[Note]:
        """Draw the split, patient by patient; `written` holds the texts that no later note may repeat."""
        urgent = self._rows(self.chances["urgent"], self.rng)
        noisy = self._rows(self.words["noise"][self.split], Random(f"{self.seed} {self.split} noise"))
        notes: list[Note] = []
        while len(notes) < self.rows:
            patient, sex, age = f"P{next(numbers):04}", self.rng.choice("FM"), self._number("age")
            visits = min(self.rng.choice(self.words["notes_per_patient"]), self.rows - len(notes))
            for row in range(len(notes), len(notes) + visits):
                truth = "urgent" if row in urgent else "routine"
                label = {"urgent": "routine", "routine": "urgent"}[truth] if row in noisy else truth
                notes.append(self._new_note(truth, label, patient, sex, age, written))
        return notes

    def _rows(self, share: float, rng: Random) -> set[int]:
        # An exact share of the rows, so that balance and noise are the stated ones in every split.
        return set(rng.sample(range(self.rows), round(share * self.rows)))

    def _new_note(self, truth: str, label: str, patient: str, sex: str, age: int, written: set[str]) -> Note:
        shortest, longest = self.words["words"]
        complaint = self._deal("red" if truth == "urgent" else "harmless", sex)
        while True:
            mentions, text, template = self._draft(truth == "urgent", complaint, sex, age)
            key = " ".join(text.lower().split())
            if key not in written and shortest <= len(text.split()) <= longest:
                written.add(key)
                return Note(text, label, patient, complaint["name"], truth, mentions, template)

    def _deal(self, kind: str, sex: str) -> Entry:
        """Return the next finding that fits, as from a deck of cards: all are dealt before one comes again."""
        deck = self.decks[kind]
        if not any(fits(card, sex) for card in deck):
            cards = self._known(self.words[kind])
            deck += self.rng.sample(cards, len(cards))
        return deck.pop(next(place for place, card in enumerate(deck) if fits(card, sex)))

    def _draft(self, red: bool, complaint: Entry, sex: str, age: int) -> tuple[tuple[Mention, ...], str, str]:
        template = self._pick(self.words["templates"])
        drafted = [self._mention(red, "present", complaint)]
        for companion_red, status in self._companions():
            named = {mention.finding for mention, _ in drafted}
            findings = self.words["red" if companion_red else "harmless"]
            finding = self._pick([each for each in findings if fits(each, sex) and each["name"] not in named])
            drafted.append(self._mention(companion_red, status, finding))
        if template["order"] == "any":
            self.rng.shuffle(drafted)
        vitals = self._fill(self._pick(self.words["vitals"])["text"])
        closing = self._pick(self.words["closings"])["text"]
        findings = template["joint"].join(clause for _, clause in drafted)
        text = template["text"].format(findings=findings, vitals=vitals, closing=closing, age=age, sex=sex)
        text = re.sub(r"(?:^|(?<=\. ))[a-z]", lambda start: start[0].upper(), text)
        return tuple(mention for mention, _ in drafted), self._misspell(text), template["text"]

    def _companions(self) -> Iterator[tuple[bool, str]]:
        """Whether each finding beside the complaint is a red flag, and its status."""
        statuses = self.words["statuses"]
        for _ in range(self.rng.choice(self.words["companions"])):
            if self.rng.random() < self.chances["companion_present"]:
                yield False, "present"
            else:
                status = self.rng.choices(list(statuses), list(statuses.values()))[0]
                yield self.rng.random() < self.chances["companion_red"], status

    def _mention(self, red: bool, status: str, finding: Entry) -> tuple[Mention, str]:
        phrasings = self.words["phrasings"][status]
        phrasing = self._pick([each for each in phrasings if fits(each, finding.get("sex"))])["text"]
        clause = self._fill(phrasing, finding=self.rng.choice(finding["forms"]))
        return Mention(red, status, finding["name"], phrasing), clause

    def _known(self, entries: Sequence[Entry]) -> list[Entry]:
        return [each for each in entries if self.split == "test" or not each["held_out"]]

    def _pick(self, entries: Sequence[Entry]) -> Entry:
        return self.rng.choice(self._known(entries))

    def _number(self, name: str) -> int:
        return self.rng.randint(*self.words["numbers"][name])

    def _fill(self, text: str, **known: str) -> str:
        return re.sub(r"{(\w+)}", lambda slot: known.get(slot[1]) or str(self._number(slot[1])), text)

    def _misspell(self, text: str) -> str:
        def typed(word: re.Match[str]) -> str:
            return self._slip(word[0]) if self.rng.random() < self.chances["misspelled"] else word[0]

        return re.sub(r"[A-Za-z]{6,}", typed, text)

    def _slip(self, word: str) -> str:
        at = self.rng.randrange(1, len(word) - 1)
        if self.rng.random() < 0.5 and word[at] != word[at + 1]:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        row: str = next(keys for keys in self.words["keyboard"] if word[at].lower() in keys)
        key = row.index(word[at].lower())
        neighbours = row[max(key - 1, 0) : key] + row[key + 1 : key + 2]
        return word[:at] + self.rng.choice(neighbours) + word[at + 1 :]


def fits(entry: Entry, sex: str | None) -> bool:
    """Whether an entry can be said of somebody of this sex; either may leave the sex open."""
    return sex is None or entry.get("sex", sex) == sex


def tables(splits: Mapping[str, Sequence[Note]]) -> dict[str, list[tuple[str, ...]]]:
    """Return each split's rows, in the order of COLUMNS; `seen` is whether a training note has the complaint."""
    trained = {note.complaint for note in splits["train"]}
    return {
        split: [
            (note.text, note.label, note.patient, note.complaint, "yes" if note.complaint in trained else "no")
            for note in notes
        ]
        for split, notes in splits.items()
    }


def write(seed: str, folder: Path, words: str) -> None:
    """Write the sample of a seed into a folder, with a README.md that tells the words by which it is drawn again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(README.format(words=words), encoding="utf-8", newline="\n")
    for split, rows in tables(generate(read_vocabulary(), seed)).items():
        with (folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows)


def recorded(readme: Path) -> str | None:
    """Return the commit, or the seed, by which the sample beside a README.md was drawn: null where it names none."""
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    named = re.search(r"data\.sample\.generate (?:--seed )?([0-9a-f]{8,40})\b", text)
    return named[1] if named else None


def main(*words: str) -> None:
    """Write the sample into data/raw, or another draw into another folder."""
    match words:
        case (commit,) if re.fullmatch("[0-9a-f]{40}", commit):
            write(commit[:8], RAW, commit)
        case ("--seed", seed, "--output", folder) if re.fullmatch("[0-9a-f]{8}", seed):
            write(seed, Path(folder), f"--seed {seed} --output FOLDER")
        case _:
            raise UserError(
                f"`{' '.join(words)}` is not understood: name the commit that froze the specification, by the 40 "
                "digits that `git rev-parse` prints, or `--seed 00000001 --output FOLDER` for another draw"
            )


if __name__ == "__main__":
    run(main, *sys.argv[1:])
