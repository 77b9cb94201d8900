"""Encodings are found out or refused with what two of them would read; no text is read wrongly in silence."""

import pytest

from core.base.errors import UserError
from tasks.validation.encodings import decoded

TEXTS = {
    "English": "The patient’s “pain” is worse – see the café… naïve résumé costs £5",
    "French": "Le patient a été opéré à l'hôpital, où il a reçu des soins très élevés. Ça va bientôt. Noël.",
    "German": "Die Übelkeit trat später auf, der Müll läuft über. Größe und Gewicht wären schön.",
    "Spanish": "El niño está aquí; ¿qué pasó? La señora comió mañana, acción y corazón.",
    "Polish": "Pacjent źle się czuje, żółć i ból głowy. Proszę o pomoc, już dziś.",
    "Czech": "Pacient má bolesti hlavy. Příliš žluťoučký kůň úpěl ďábelské ódy, přijďte zítra.",
    "Hungarian": "A beteg fejfájásra panaszkodik, és a hőmérséklete is magas. Őrült tűző nap.",
    "Russian": "Пациент жалуется на сильную боль в груди. Это очень срочно! Спасибо, Мария.",
    "Ukrainian": "Пацієнт скаржиться на біль у грудях. Їжа ще є, дякую.",
    "Greek": "Ο ασθενής παραπονιέται για πόνο στο στήθος. Ευχαριστώ πολύ.",
    "Turkish": "Hasta göğüs ağrısından şikayetçi. Işık, İstanbul, çok güzel değil.",
    "Hebrew": "החולה מתלונן על כאבים בחזה. תודה רבה.",
    "Arabic": "المريض يشكو من ألم في الصدر. شكرا جزيلا.",
    "Thai": "ผู้ป่วยมีอาการเจ็บหน้าอก ขอบคุณมาก",
    "Chinese": "患者说他胸口疼痛,需要紧急处理。今天天气很好,我们去公园。",
    "Taiwanese": "患者說他胸口疼痛,需要緊急處理。今天天氣很好,我們去公園。",
    "Japanese": "患者は胸の痛みを訴えています。今日は天気がいいですね。カタカナもあります。",
    "Korean": "환자는 가슴 통증을 호소하고 있습니다. 오늘은 날씨가 좋아요.",
}
FOUND = [
    *[(language, "cp1252") for language in ("English", "French", "German", "Spanish")],
    *[(language, "mac_roman") for language in ("English", "French", "German", "Spanish")],
    *[(language, "cp850") for language in ("French", "German", "Spanish")],
    *[(language, name) for language in ("Polish", "Czech", "Hungarian") for name in ("cp1250", "iso8859_2")],
    *[("Russian", name) for name in ("cp1251", "koi8_r", "iso8859_5", "cp866")],
    *[("Ukrainian", "cp1251"), ("Ukrainian", "koi8_u"), ("Greek", "cp1253"), ("Turkish", "cp1254")],
    *[("Hebrew", "cp1255"), ("Arabic", "cp1256"), ("Thai", "cp874"), ("Korean", "euc_kr"), ("Taiwanese", "big5")],
    *[("Chinese", "gbk"), ("Chinese", "gb18030")],
    *[
        ("Japanese", name)
        for name in ("shift_jis", "euc_jp", "iso2022_jp", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le")
    ],
    *[("Japanese", name) for name in ("utf-16-be", "utf-32-be")],
    *[(language, name) for language in TEXTS for name in ("utf-8", "utf-8-sig", "utf-16", "utf-32")],
]


def file(text: str) -> str:
    return f"text,label\n{text},x\nplain,y\n"


def problem(content: bytes, encoding: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        decoded(content, "train.csv", encoding)
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(("language", "encoding"), FOUND)
def test_the_encoding_of_a_sentence_is_found_out(language, encoding):  # case 23
    text = file(TEXTS[language])
    content = text.encode(encoding, errors="ignore")
    assert decoded(content, "train.csv", None).text == content.decode(encoding)


def test_what_was_found_is_named_as_people_call_it():
    assert decoded(file("café").encode("cp1252"), "train.csv", None).encoding == "WINDOWS-1252"
    assert decoded(file(TEXTS["Chinese"]).encode("gbk"), "train.csv", None).encoding == "GB18030"
    assert decoded(file("café").encode("utf-8-sig"), "train.csv", None).encoding == "UTF-8"
    assert decoded(file("don’t").encode("cp1252"), "train.csv", None).text == file("don’t")


def test_a_few_letters_of_english_words_are_those_of_windows_1252():
    text = file("The patient is naïve to opioids, has pain in the chest, denies fever, and walked here with her son.")
    assert decoded(text.encode("cp1252"), "train.csv", None).text == text


@pytest.mark.parametrize("byte", [b"\xe8", b"\xf8", b"\x9d"])
def test_a_byte_that_two_encodings_read_equally_well_is_refused_with_both(byte):  # case 23
    found = problem(b"text,label\ncaf" + byte + b",x\n")
    assert f"line 2 is not UTF-8 (byte 0x{byte.hex()})" in found
    assert found.count(" it reads 'caf") == 2
    for advised in found.split("; as ")[1:]:  # every encoding that is named decodes the file
        assert byte.decode(advised.split(" ")[0]) in found
    assert "set validation.read.encoding in params.yaml to the right one" in found


ENGLISH = "the patient walked in, complains of pain in the chest, denies fever and has no cough"


@pytest.mark.parametrize("signs", ["“fine”", "it’s", "…", "37°", "（no）", "“fine” — it’s 3×4 ℃", "é", "①", "疼痛"])
def test_english_with_a_few_signs_of_chinese_writing_is_not_misread(signs):  # case 23
    text = file("\n".join([f"{ENGLISH} {signs} again,x", *[f"{ENGLISH} {number},y" for number in range(20)]]))
    assert decoded(text.encode("gb18030"), "train.csv", None) == (text, "GB18030")


@pytest.mark.parametrize(
    ("signs", "encoding"),
    [("—", "gb18030"), ("×", "gb18030"), ("■", "gb18030"), ("—", "big5"), ("37℃", "euc_kr"), ("日", "shift_jis")]
    + [("【no】", "euc_jp"), ("α", "euc_jp"), ("●", "big5"), ("日", "euc_kr")],
)
def test_one_sign_that_encodings_read_differently_is_refused(signs, encoding):
    text = file("\n".join([f"{ENGLISH} {signs} again,x", *[f"{ENGLISH} {number},y" for number in range(20)]]))
    assert "its encoding cannot be told; as " in problem(text.encode(encoding))


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859_15", "mac_roman"])
def test_lines_of_two_encodings_are_named_with_one_line_of_each(encoding):
    one, other = file("déjà vu, très élevé"), "d'autres très élevés, voilà,z\n"
    found = problem(one.encode() + other.encode(encoding, errors="ignore"))
    assert found.startswith("train.csv holds two encodings, as where two files were joined: line 2 is UTF-8 ('déjà vu")
    assert "line 4 is not (as " in found


def test_what_params_say_is_taken_and_refused_where_it_does_not_decode():
    content = "text,label\nžluť,x\n".encode("cp1250")
    assert decoded(content, "train.csv", "windows-1250").text == "text,label\nžluť,x\n"
    assert "is 'ascii', which does not have what line 2 holds (byte 0x9e at offset 11); as " in problem(
        content, "ascii"
    )


def test_one_bad_byte_in_utf_8_is_named_and_the_rest_not_read_as_something_else():
    found = problem(file("né è ü à").encode() + b"caf\xe9,y\n")
    assert found.startswith("train.csv line 4 is not UTF-8 (byte 0xe9), though the rest of the file is: ...")
    assert "caf" in found


def test_a_space_that_does_not_break_is_one_of_windows_1252_and_a_stray_byte_is_nothing():
    text = "text,label\na\u00a0note of a walk,x\nand so on, with no other character that is not ASCII in it,y\n"
    assert decoded(text.encode("cp1252"), "train.csv", None) == (text, "WINDOWS-1252")
    assert "cannot be told" in problem(b"text,label\n\xff,x\n")


@pytest.mark.parametrize("content", [bytes(range(256)), b"text\n\x00\x01\xff\x80", b"\xff\xfet\x00e"])
def test_what_is_no_text_is_refused(content):
    assert "train.csv" in problem(content)
