"""The sample domain keeps the promises of data/sample/SPECIFICATION.md, whatever seed its commit turns out to be."""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from core.base.errors import UserError
from data.sample import generate as sample

VOCABULARY = sample.read_vocabulary()
LISTS = sample.lists(VOCABULARY)
SEEDS = ("00000001", "00000002", "c0ffee00")
COMMIT = "0000000123456789abcdef0123456789abcdef01"
FINDINGS = ("red", "harmless")
ROWS = {"train": 1600, "validation": 600, "test": 2000}


class Draw(NamedTuple):
    seed: str
    splits: dict[str, list[sample.Note]]

    def held_out(self, *names: str) -> set[str]:
        lists = sample.lists(sample.divided(VOCABULARY, self.seed))
        return {name(entry) for each in names for entry in lists[each] if entry["held_out"]}


@pytest.fixture(scope="module", params=SEEDS)
def draw(request) -> Draw:
    return Draw(request.param, sample.generate(VOCABULARY, request.param))


@pytest.fixture
def corpus(draw) -> dict[str, list[sample.Note]]:
    return draw.splits


def name(entry: dict[str, str]) -> str:
    return entry.get("name") or entry["text"]


def used(notes: list[sample.Note]) -> set[str]:
    mentions = [mention for note in notes for mention in note.mentions]
    return {note.template for note in notes} | {part for m in mentions for part in (m.finding, m.phrasing)}


def share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(folder: Path, split: str) -> list[dict[str, str]]:
    with (folder / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not():
    for seed, folder in ((SEEDS[0], "first"), (SEEDS[0], "again"), (SEEDS[1], "other")):
        sample.main("--seed", seed, "--output", folder)
    first, other = files(Path("first")), files(Path("other"))
    assert sorted(first) == ["README.md", "test.csv", "train.csv", "validation.csv"]
    assert first == files(Path("again"))
    assert all(first[each] != other[each] for each in first)
    assert not any(b"\r" in content for content in first.values())


def test_a_commit_is_drawn_by_its_first_eight_digits_and_recorded(monkeypatch):
    monkeypatch.setattr(sample, "RAW", Path("raw"))
    sample.main(COMMIT)
    sample.main("--seed", COMMIT[:8], "--output", "other")
    drawn, other = files(Path("raw")), files(Path("other"))
    assert all(drawn[each] == other[each] for each in drawn if each.endswith(".csv"))
    assert sample.recorded(Path("raw/README.md")) == COMMIT
    assert sample.recorded(Path("other/README.md")) == COMMIT[:8]


def test_data_of_another_origin_records_no_draw():
    Path("README.md").write_text("Notes of two wards.")
    assert sample.recorded(Path("README.md")) is None and sample.recorded(Path("missing.md")) is None


@pytest.mark.parametrize(
    "words", [(), ("HEAD",), ("0000001",), ("--seed", "1", "--output", "x"), ("--seed", "00000001")]
)
def test_a_draw_that_names_no_whole_commit_and_no_seed_with_a_folder_is_refused(words):
    with pytest.raises(UserError, match="is not understood: name the commit.*git rev-parse"):
        sample.main(*words)
    assert list(Path().iterdir()) == []


def test_the_first_paragraph_of_the_readme_says_what_the_rows_are_and_the_second_how_they_were_drawn():
    first, second = sample.README.split("\n\n")
    assert "synthetic" in first and first.endswith(".")
    assert "{words}" in second and second.endswith(".\n")


def test_each_split_has_its_rows_and_its_columns_and_seen_says_whether_training_has_the_complaint(draw):
    sample.main("--seed", draw.seed, "--output", "raw")
    tables = {split: rows(Path("raw"), split) for split in ROWS}
    assert {split: len(table) for split, table in tables.items()} == ROWS
    trained, kept = {row["complaint"] for row in tables["train"]}, draw.held_out(*FINDINGS)
    for split, table in tables.items():
        assert list(table[0]) == ["text", "label", "patient", "complaint", "seen"]
        assert {row["label"] for row in table} == {"urgent", "routine"}
        assert {row["seen"] for row in table} == ({"yes", "no"} if split == "test" else {"yes"})
        assert all((row["seen"] == "yes") == (row["complaint"] in trained) for row in table)
        assert all((row["seen"] == "no") == (row["complaint"] in kept) for row in table)


def test_the_complaint_is_present_and_decides_the_label(corpus):
    names = {kind: {name(entry) for entry in VOCABULARY[kind]} for kind in FINDINGS}
    for note in (note for notes in corpus.values() for note in notes):
        assert note.complaint in names["red" if note.truth == "urgent" else "harmless"]
        assert note.complaint in {mention.finding for mention in note.mentions if mention.status == "present"}


def test_at_least_30_held_out_findings_a_class_are_complaints_of_test_notes_each_of_several(draw):
    for kind in FINDINGS:
        kept = draw.held_out(kind)
        complaints = Counter(note.complaint for note in draw.splits["test"] if note.complaint in kept)
        assert len(complaints) >= 30 and min(complaints.values()) >= 5


def test_no_finding_is_the_complaint_of_many_more_notes_than_another_that_suits_either_sex(corpus):
    bound = {name(entry) for kind in FINDINGS for entry in VOCABULARY[kind] if "sex" in entry}
    for notes in corpus.values():
        for truth in ("urgent", "routine"):
            times = Counter(note.complaint for note in notes if note.truth == truth)
            free = [count for complaint, count in times.items() if complaint not in bound]
            assert max(free) - min(free) <= 2


def test_findings_of_one_sex_are_given_to_patients_and_relatives_of_that_sex_alone(corpus):
    sex = {name(entry): entry["sex"] for kind in FINDINGS for entry in VOCABULARY[kind] if "sex" in entry}
    relative = {entry["text"]: entry["sex"] for entry in VOCABULARY["phrasings"]["family"] if "sex" in entry}
    patients: dict[str, set[str]] = {}
    for note in (note for notes in corpus.values() for note in notes):
        for mention in note.mentions:
            if mention.finding in sex:
                assert relative.get(mention.phrasing, sex[mention.finding]) == sex[mention.finding]
                patients.setdefault(note.patient, set()).add(sex[mention.finding])
    assert set(sex.values()) == {"F", "M"}
    assert all(len(sexes) == 1 for sexes in patients.values())


def test_notes_have_8_to_40_words_and_about_22_on_average(corpus):
    for notes in corpus.values():
        lengths = [len(note.text.split()) for note in notes]
        assert min(lengths) >= 8 and max(lengths) <= 40
        assert 20.5 <= sum(lengths) / len(lengths) <= 23


def test_48_percent_of_the_notes_are_urgent_exactly(corpus):
    assert all(sum(note.truth == "urgent" for note in notes) == round(0.48 * len(notes)) for notes in corpus.values())


def test_no_patient_spans_two_splits(corpus):
    patients = [{note.patient for note in notes} for notes in corpus.values()]
    assert sum(map(len, patients)) == len(set().union(*patients))


def test_a_patient_has_one_to_three_notes(corpus):
    for notes in corpus.values():
        assert set(Counter(note.patient for note in notes).values()) == {1, 2, 3}


def test_no_text_occurs_twice(corpus):
    texts = [" ".join(note.text.lower().split()) for notes in corpus.values() for note in notes]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("each", LISTS)
def test_a_quarter_of_each_list_is_held_out_by_the_seed_and_by_nothing_else(each):
    entries = LISTS[each]
    assert [name(entry) for entry in entries] == sorted({name(entry) for entry in entries}, key=str.casefold)
    assert not any("held_out" in entry for entry in entries)
    drawn = [Draw(seed, {}).held_out(each) for seed in SEEDS]
    assert [4 * len(names) for names in drawn] == [len(entries)] * len(SEEDS)
    assert len(set(map(frozenset, drawn))) == len(SEEDS)


def test_every_finding_has_two_to_four_forms_which_no_other_text_of_the_vocabulary_holds():
    entries = [entry for kind in FINDINGS for entry in VOCABULARY[kind]]
    assert len({name(entry) for entry in entries}) == len(entries) == 256
    assert all(2 <= len(entry["forms"]) <= 4 for entry in entries)
    plain = [name(entry) for each, texts in LISTS.items() if each not in FINDINGS for entry in texts]
    for entry in entries:
        others = " | ".join(plain + [form for other in entries if other is not entry for form in other["forms"]])
        assert not re.search(rf"\b(?:{'|'.join(map(re.escape, entry['forms']))})\b", others, re.IGNORECASE), entry


def test_what_is_held_out_occurs_in_the_test_split_alone(draw):
    kept = draw.held_out("red", "harmless", "templates", *VOCABULARY["phrasings"])
    assert not kept & used(draw.splits["train"])
    assert not kept & used(draw.splits["validation"])
    assert kept <= used(draw.splits["test"])


def test_held_out_vitals_and_closings_occur_in_the_test_split_alone(draw):
    for text in draw.held_out("vitals", "closings"):
        written = "[0-9]+".join(map(re.escape, re.split(r"{\w+}", text)))
        pattern = re.compile(rf"(?:^|\. ){written}\.")
        assert any(pattern.search(note.text) for note in draw.splits["test"])
        assert not any(pattern.search(note.text) for split in ("train", "validation") for note in draw.splits[split])


def test_no_form_of_a_held_out_finding_is_written_in_train_or_validation(draw):
    kept = draw.held_out(*FINDINGS)
    entries = [entry for kind in FINDINGS for entry in LISTS[kind] if name(entry) in kept]
    forms = "|".join(re.escape(form) for entry in entries for form in entry["forms"])
    pattern = re.compile(rf"\b(?:{forms})\b", re.IGNORECASE)
    texts = {split: " ".join(note.text for note in notes) for split, notes in draw.splits.items()}
    assert not pattern.search(texts["train"]) and not pattern.search(texts["validation"])
    assert pattern.search(texts["test"])


def test_held_out_findings_are_a_quarter_of_the_choices_in_the_test_split(draw):
    kept, notes = draw.held_out(*FINDINGS), draw.splits["test"]
    assert 0.24 <= share([note.complaint in kept for note in notes]) <= 0.26
    assert 0.22 <= share([mention.finding in kept for note in notes for mention in note.mentions]) <= 0.28


def test_the_truth_follows_the_label_rule(corpus):
    assert all(sample.rule(note.mentions) == note.truth for notes in corpus.values() for note in notes)


@pytest.mark.parametrize(
    ("red", "status", "expected"),
    [
        (True, "present", "urgent"),
        (True, "denied", "routine"),
        (True, "family", "routine"),
        (True, "resolved", "routine"),
        (True, "hypothetical", "routine"),
        (False, "present", "routine"),
    ],
)
def test_only_a_red_flag_present_now_makes_a_note_urgent(red, status, expected):
    assert sample.rule([sample.Mention(red, status, "a finding", "a phrasing")]) == expected


def test_2_5_percent_of_the_training_labels_are_wrong_exactly_and_no_other(corpus):
    wrong = {split: sum(note.label != note.truth for note in notes) for split, notes in corpus.items()}
    assert wrong == {"train": 40, "validation": 0, "test": 0}


def test_noise_changes_labels_alone(draw):
    without = sample.generate({**VOCABULARY, "noise": dict.fromkeys(ROWS, 0)}, draw.seed)
    assert all([n.text for n in draw.splits[split]] == [n.text for n in without[split]] for split in ROWS)


def test_half_of_the_routine_notes_name_a_red_flag(corpus):
    for notes in corpus.values():
        named = [any(mention.red for mention in note.mentions) for note in notes if note.truth == "routine"]
        assert 0.46 <= share(named) <= 0.64


@pytest.mark.parametrize("status", VOCABULARY["phrasings"])
def test_each_status_is_phrased_in_both_classes_at_similar_rates(corpus, status):
    notes = [note for each in corpus.values() for note in each]
    urgent, routine = (
        share([m.status == status for note in notes if note.truth == truth for m in note.mentions])
        for truth in ("urgent", "routine")
    )
    assert abs(urgent - routine) <= 0.03


def test_misspelling_changes_letters_alone_and_about_8_percent_of_long_words():
    author = sample.Author(sample.divided(VOCABULARY, SEEDS[0]), "train", SEEDS[0])
    text = " ".join(["hemoptysis 123456 BP 120/80 since"] * 2000)
    typed = author._misspell(text)
    assert re.sub(r"[^\d/ ]", "", typed) == re.sub(r"[^\d/ ]", "", text)
    changed = [new != old for new, old in zip(typed.split(), text.split(), strict=True)]
    assert 0.06 <= sum(changed) / 2000 <= 0.10
    assert not any(new != old for new, old in zip(typed.split(), text.split(), strict=True) if len(old) < 6)
