"""The sample domain keeps the promises of data/sample/SPECIFICATION.md."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from data.sample import generate as sample
from tests.conftest import OF_THE_SAMPLE, REMOTE, ROOT, TRACKED

DATA = Path(sample.__file__).parents[1]
VOCABULARY = yaml.safe_load((DATA / "sample" / "vocabulary.yaml").read_text(encoding="utf-8"))
LISTS = {
    **{name: VOCABULARY[name] for name in ("red", "harmless", "templates", "vitals", "closings")},
    **VOCABULARY["phrasings"],
}


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[sample.Note]]:
    return sample.generate(VOCABULARY, VOCABULARY["seed"])


def name(entry: dict[str, str]) -> str:
    return entry.get("name") or entry["text"]


def used(notes: list[sample.Note]) -> set[str]:
    mentions = [mention for note in notes for mention in note.mentions]
    return {note.template for note in notes} | {part for m in mentions for part in (m.finding, m.phrasing)}


def held_out(*lists: str) -> set[str]:
    return {name(entry) for each in lists for entry in LISTS[each] if entry["use"] == "held_out"}


def words(text: str) -> int:
    return len(text.split())


def share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path, monkeypatch):
    written = []
    for run, seed in enumerate((VOCABULARY["seed"], VOCABULARY["seed"], VOCABULARY["seed"] + 1)):
        monkeypatch.setattr(sample, "RAW", tmp_path / str(run))
        monkeypatch.setattr(sample.yaml, "safe_load", lambda _, seed=seed: {**VOCABULARY, "seed": seed})
        sample.main()
        written.append({path.name: path.read_bytes() for path in (tmp_path / str(run)).iterdir()})
    first, again, other = written
    assert sorted(first) == ["README.md", "test.csv", "train.csv", "validation.csv"]
    assert first == again
    assert all(first[each] != other[each] for each in first if each.endswith(".csv"))
    assert not any(b"\r" in content for content in first.values())


def test_each_split_has_its_rows_and_its_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "RAW", tmp_path)
    sample.main()
    for split, rows in {"train": 1600, "validation": 400, "test": 600}.items():
        with (tmp_path / f"{split}.csv").open(encoding="utf-8", newline="") as file:
            table = list(csv.reader(file))
        assert table[0] == ["text", "label", "patient"]
        assert len(table) == rows + 1
        assert {label for _, label, _ in table[1:]} == {"urgent", "routine"}


def test_the_readme_is_one_paragraph():
    assert "\n\n" not in sample.README and sample.README.endswith(".\n")


def test_notes_have_8_to_40_words_and_about_20_on_average(corpus):
    for notes in corpus.values():
        lengths = [words(note.text) for note in notes]
        assert min(lengths) >= 8 and max(lengths) <= 40
        assert 18 <= sum(lengths) / len(lengths) <= 23


def test_the_classes_are_roughly_balanced(corpus):
    for notes in corpus.values():
        assert 0.45 <= share([note.label == "urgent" for note in notes]) <= 0.50


def test_no_patient_spans_two_splits(corpus):
    patients = [{note.patient for note in notes} for notes in corpus.values()]
    assert sum(map(len, patients)) == len(set().union(*patients))


def test_a_patient_has_one_to_three_notes(corpus):
    for notes in corpus.values():
        patients = [note.patient for note in notes]
        assert {patients.count(patient) for patient in patients} == {1, 2, 3}


def test_no_text_occurs_twice(corpus):
    texts = [" ".join(note.text.lower().split()) for notes in corpus.values() for note in notes]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("each", LISTS)
def test_every_fourth_in_alphabetical_order_is_held_out(each):
    entries = LISTS[each]
    assert [name(entry) for entry in entries] == sorted(map(name, entries), key=str.casefold)
    assert [entry["use"] == "held_out" for entry in entries] == [at % 4 == 3 for at in range(len(entries))]


def test_every_finding_has_two_to_four_forms_of_its_own():
    forms = [form.casefold() for kind in ("red", "harmless") for entry in LISTS[kind] for form in entry["forms"]]
    assert all(2 <= len(entry["forms"]) <= 4 for kind in ("red", "harmless") for entry in LISTS[kind])
    assert len(forms) == len(set(forms))


def test_what_is_held_out_occurs_in_the_test_split_alone(corpus):
    kept = held_out("red", "harmless", "templates", *VOCABULARY["phrasings"])
    assert not kept & used(corpus["train"])
    assert not kept & used(corpus["validation"])
    assert kept <= used(corpus["test"])


def test_held_out_vitals_and_closings_occur_in_the_test_split_alone(corpus):
    for text in held_out("vitals", "closings"):
        pattern = re.compile(re.sub(r"{\w+}", r"\\d+", text))
        assert not any(pattern.search(note.text) for split in ("train", "validation") for note in corpus[split])
        assert any(pattern.search(note.text) for note in corpus["test"])


def test_no_form_of_a_held_out_finding_is_written_in_train_or_validation(corpus):
    entries = [entry for kind in ("red", "harmless") for entry in LISTS[kind] if entry["use"] == "held_out"]
    forms = "|".join(re.escape(form) for entry in entries for form in entry["forms"])
    pattern = re.compile(rf"\b(?:{forms})\b", re.IGNORECASE)
    texts = {split: " ".join(note.text for note in notes) for split, notes in corpus.items()}
    assert not pattern.search(texts["train"]) and not pattern.search(texts["validation"])
    assert pattern.search(texts["test"])


def test_held_out_items_are_a_quarter_of_the_choices_in_the_test_split(corpus):
    kept = held_out("red", "harmless")
    findings = [mention.finding in kept for note in corpus["test"] for mention in note.mentions]
    assert 0.20 <= share(findings) <= 0.30


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


def test_between_2_and_3_percent_of_the_labels_are_noise_and_none_of_those_that_models_are_judged_by(corpus):
    noise = {split: share([note.label != note.truth for note in notes]) for split, notes in corpus.items()}
    assert 0.02 <= noise["train"] <= 0.03 and 0.02 <= noise["validation"] <= 0.03
    assert noise["test"] == 0


def test_noise_changes_labels_alone(corpus):
    noisy = sample.generate({**VOCABULARY, "noisy": list(corpus)}, VOCABULARY["seed"])
    assert all([n.text for n in corpus[split]] == [n.text for n in noisy[split]] for split in corpus)
    assert 0.02 <= share([note.label != note.truth for note in noisy["test"]]) <= 0.03


def test_half_of_the_routine_notes_name_a_red_flag(corpus):
    for notes in corpus.values():
        named = [any(mention.red for mention in note.mentions) for note in notes if note.truth == "routine"]
        assert 0.48 <= share(named) <= 0.62


@pytest.mark.parametrize("status", VOCABULARY["phrasings"])
def test_each_status_is_phrased_in_both_classes_at_similar_rates(corpus, status):
    notes = [note for each in corpus.values() for note in each]
    urgent, routine = (
        share([m.status == status for note in notes if note.truth == truth for m in note.mentions])
        for truth in ("urgent", "routine")
    )
    assert abs(urgent - routine) <= 0.03


def test_misspelling_changes_letters_alone_and_about_8_percent_of_long_words():
    author = sample.Author(VOCABULARY, "train", 0)
    text = " ".join(["hemoptysis 123456 BP 120/80 since"] * 2000)
    typed = author._misspell(text)
    assert re.sub(r"[^\d/ ]", "", typed) == re.sub(r"[^\d/ ]", "", text)
    changed = [new != old for new, old in zip(typed.split(), text.split(), strict=True)]
    assert 0.07 <= sum(changed) / 2000 <= 0.09
    assert not any(new != old for new, old in zip(typed.split(), text.split(), strict=True) if len(old) < 6)


@OF_THE_SAMPLE
def test_the_lexicon_is_unambiguous_both_ways_and_holds_no_negation_or_number():
    with (DATA / "lexicon.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 60 <= len(rows) <= 100 and list(rows[0]) == ["abbreviation", "expansion"]
    for column in rows[0]:
        assert len({row[column].casefold() for row in rows}) == len(rows)
    text = " ".join(value.casefold() for row in rows for value in row.values())
    assert not re.search(r"\d|\b(?:no|not|non|none|never|neg|negative|den\w+|without|w/o)\b", text)


def test_the_bundled_remote_serves_exactly_what_the_generator_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "RAW", tmp_path)
    sample.main()
    [listed] = REMOTE.glob("*/*.dir")
    listing = json.loads(listed.read_text(encoding="utf-8"))
    assert sorted(entry["relpath"] for entry in listing) == sorted(path.name for path in tmp_path.iterdir())
    for entry in listing:
        content = (REMOTE / entry["md5"][:2] / entry["md5"][2:]).read_bytes()
        assert content == (tmp_path / entry["relpath"]).read_bytes(), "run `python -m data.sample.generate`"


@OF_THE_SAMPLE
def test_a_fresh_clone_pulls_the_sample_from_the_bundled_remote():
    for name in (".dvc/config", "data/raw.dvc", "data/remote"):
        target = Path(name)
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run([Path(sys.executable).with_name("dvc"), "pull", "--quiet", "data/raw.dvc"], check=True)
    assert Path("data/raw/README.md").read_text(encoding="utf-8") == sample.README


@OF_THE_SAMPLE
def test_data_put_in_place_of_the_sample_is_never_pushed_into_the_bundled_remote():
    assert TRACKED["remote"] == "sample" and TRACKED["push"] is False
