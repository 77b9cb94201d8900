"""What looks private in a text, and what does not; no name, number or address here is anybody's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("presidio_analyzer", reason="pip install '.[privacy]'")

from tasks.privacy import recognizers

KINDS = recognizers.signs()
ENTRY = "[spacy_models]\ntiny_names = tiny_names\n"
MODEL = """import spacy
def load(**chosen):
    model = spacy.blank("en")
    model.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Jane Roe"}])
    model.meta.update(name="tiny_names", version="1.0")
    return model
"""
ASKED = """from tasks.privacy import recognizers
model = next(each for each in recognizers.models() if each.meta["name"] == "tiny_names")
found = [recognizers.names_a_person(text, model) for text in ("seen by Jane Roe today", "seen today")]
print(*found, recognizers.found_by([model])[-1])
"""
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Dr. Roe saw her on Monday", "name"),
        ("Patient: Jane Roe, chest pain", "name"),
        ("Frau M\u00fcller kam am Montag", "name"),
        ("\u738b\u5148\u751f\u80f8\u75db\u4e09\u5929", "name"),
        ("DOB 12/03/1970, itchy rash", "date of birth"),
        ("geboren am 3. M\u00e4rz 1970", "date of birth"),
        ("lives at 12 High Street", "street address"),
        ("wohnt Hauptstra\u00dfe 12", "street address"),
        ("write to jane.roe@example.com", "email"),
        ("call (212) 555-0123", "telephone number"),
        ("ruf an: +49 30 901820", "telephone number"),
        ("her SSN is 536-22-1234", "identity number"),
        ("PESEL 44051401359", "identity number"),
        ("card 4111 1111 1111 1111", "account number"),
        ("to DE89 3704 0044 0532 0130 00", "account number"),
        ("logged in from 8.8.4.4", "network address"),
    ],
)
def test_private_data_is_found_without_a_language_model(text, kind):
    assert kind in KINDS(text)


@pytest.mark.parametrize(
    "text",
    [
        "33 yo F c/o black tarry stools; denies hay fever; father had MI. BP 118/76, HR 92. Will reassess.",
        "odds ratio 0.95 (0.89-1.59), p = 0.0001, n = 40078000",
        "since 2012, on 2024-05-01, version 3.1.20170329, port 8080",
        "the server at 127.0.0.1 or 192.168.1.1 answers 404",
        "no doctor saw the patient: chest pain for three days",
        "\u60a3\u8005\u80f8\u75db\u4e09\u5929",
        "",
    ],
)
def test_what_is_in_most_texts_is_not_private(text):
    assert KINDS(text) == set()


def test_an_installed_language_model_finds_names_in_running_text(tmp_path):
    Path("tiny_names.py").write_text(MODEL, encoding="utf-8")
    place = Path("tiny_names-1.0.dist-info")
    place.mkdir()
    (place / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-names\nVersion: 1.0\n", encoding="utf-8")
    (place / "entry_points.txt").write_text(ENTRY, encoding="utf-8")
    alone = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}  # spaCy looks for models once, as it starts
    ran = subprocess.run([sys.executable, "-c", ASKED], env=alone, capture_output=True, text=True, check=True)
    assert ran.stdout == "True False en_tiny_names 1.0\n"


def test_nothing_asks_the_network():
    from tldextract.tldextract import TLD_EXTRACTOR

    assert TLD_EXTRACTOR.suffix_list_urls == ()
