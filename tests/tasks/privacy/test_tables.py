"""Whatever `dvc push` takes to a remote is looked through, and nothing that stays here."""

from pathlib import Path

from tasks.privacy import tables


def test_files_of_tables_under_a_dvc_file_are_found_but_those_that_stay_here():
    for place, keys in (("data/raw", "remote: team"), ("data/old", "push: false"), ("elsewhere/more", "md5: 0.dir")):
        Path(place).mkdir(parents=True)
        for name in ("train.csv", "README.md", "part/test.jsonl"):
            Path(place, name).parent.mkdir(exist_ok=True)
            Path(place, name).touch()
        Path(f"{place}.dvc").write_text(f"outs:\n- path: {Path(place).name}\n  {keys}\n", encoding="utf-8")
    Path("notes.csv.dvc").write_text("outs:\n- path: notes.csv\n", encoding="utf-8")  # not fetched yet
    Path(".dvc/tmp").mkdir(parents=True)
    folders = ("data/raw", "elsewhere/more")
    assert [str(path) for path in tables.tracked()] == [
        f"{folder}/{name}" for folder in folders for name in ("part/test.jsonl", "train.csv")
    ]
