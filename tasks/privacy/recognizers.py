"""What looks private in a text: Presidio's recognizers by kind, patterns of our own, and spaCy's models for names.

Of Presidio's patterns those count that are distinct by themselves or have check digits: 0.5 and more. Nothing here asks
the network: the list of domain endings is the one that its package carries.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from ipaddress import ip_address

import regex
import spacy
import tldextract
from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer
from presidio_analyzer import predefined_recognizers as presidio
from spacy.language import Language

tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls = ()  # by which Presidio asks whether an address can be one
DISTINCT = 0.5
PERSONS = {"PERSON", "PER", "PRS", "persName"}  # as spaCy's models of different languages call them
NEEDLESS = ("tagger", "parser", "senter", "morphologizer", "attribute_ruler", "lemmatizer")  # to find names
DIGITS = 7  # of a telephone number at least; without them a text needs no slow search
PLAIN = regex.compile(r"\d{1,9}(?:\.\d+)?")  # a number like any other
STRICT = 2  # of phonenumbers: digits in the groups in which a country writes them

CAPITALIZED = r"(?:\p{Lu}\.|\p{Lu}[\p{L}'\u2019-]+)"
TITLE = r"Dr|Prof|Mr|Mrs|Ms|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Se\u00f1ora?|Sra?|Signora?|Dott(?:\.ssa)?"
LABEL = r"(?i:(?:full |patient |patient's |last |first |sur|sur-)?name|patient|nom|nombre|nome|naam)\s*:"
NAMES = (
    rf"\b(?:{TITLE})\b\.?\s+{CAPITALIZED}(?:\s+{CAPITALIZED}){{0,2}}",
    rf"\b{LABEL}\s*{CAPITALIZED},?\s+{CAPITALIZED}",
    r"\p{Han}{1,3}(?:\u5148\u751f|\u5973\u58eb|\u5c0f\u59d0)",  # Mr, Ms, Miss
)
STREET = r"Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Court|Terrace|Square|Crescent"
STREETS = (
    rf"\b\d{{1,5}}[A-Za-z]?,?\s+(?:\p{{Lu}}[\p{{L}}'\u2019.-]*\s+){{1,3}}(?:{STREET})\b",
    r"\b\p{Lu}[\p{L}-]+(?:stra(?:\u00df|ss)e|str\.|weg|platz|allee|gasse|straat|gatan)\s+\d{1,4}\b",
    r"\b\d{1,4},?\s+(?:rue|boulevard|avenue|chemin)\s+(?:d[eu]s?\s+|la\s+|l['\u2019])*\p{Lu}\p{L}+",
    r"\b(?i:calle|via|viale|rua|avenida) (?:\p{L}+ ){0,2}\p{Lu}\p{L}+,? \d{1,4}\b",
)
DATE = r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}\.?\s+\p{L}+\s+\d{4}|\p{L}+\s+\d{1,2},?\s+\d{4})"
BORN = (
    r"D\.?O\.?B\.?|date of birth|born(?: on)?|geb\.?|geboren(?: am)?|geburtsdatum|n\u00e9e? le|nacid[oa] el|nat[oa] il"
)
BIRTHS = (rf"\b(?i:{BORN})\s*:?\s*{DATE}",)

OF_PERSONS = (
    *(presidio.UsSsnRecognizer, presidio.UsItinRecognizer, presidio.UsMbiRecognizer, presidio.NhsRecognizer),
    *(presidio.UkNinoRecognizer, presidio.UkDrivingLicenceRecognizer, presidio.CaSinRecognizer),
    *(presidio.AuMedicareRecognizer, presidio.DeTaxIdRecognizer, presidio.DeSocialSecurityRecognizer),
    *(presidio.EsNifRecognizer, presidio.EsNieRecognizer, presidio.ItFiscalCodeRecognizer),
    *(presidio.PlPeselRecognizer, presidio.FiPersonalIdentityCodeRecognizer, presidio.SePersonnummerRecognizer),
    *(presidio.InAadhaarRecognizer, presidio.KrRrnRecognizer, presidio.SgFinRecognizer),
    *(presidio.ThTninRecognizer, presidio.TrNationalIdRecognizer, presidio.ZaIdNumberRecognizer),
)
INDIAN = presidio.InPanRecognizer.PATTERNS[:1]  # the others are any ten characters, and slow


def patterns(kind: str, expressions: Sequence[str]) -> PatternRecognizer:
    """Return a recognizer of our own expressions, in which capitals count."""
    known = [Pattern(f"{kind} {number}", each, 1.0) for number, each in enumerate(expressions)]
    return PatternRecognizer(kind, patterns=known, global_regex_flags=regex.DOTALL)


class PublicAddress(presidio.IpRecognizer):
    """Recognizes the addresses of machines that the whole internet can reach."""

    def validate_result(self, pattern_text: str) -> bool | None:
        try:
            return ip_address(pattern_text).is_global
        except ValueError:
            return False


def by_kind() -> dict[str, list[EntityRecognizer]]:
    """Return what finds each kind in any language, without a model."""
    return {
        "name": [patterns("name", NAMES)],
        "date of birth": [patterns("date of birth", BIRTHS)],
        "street address": [patterns("street address", STREETS)],
        "email": [presidio.EmailRecognizer()],
        "identity number": [*(recognizer() for recognizer in OF_PERSONS), presidio.InPanRecognizer(INDIAN)],
        "account number": [presidio.CreditCardRecognizer(), presidio.IbanRecognizer(), presidio.CryptoRecognizer()],
        "network address": [PublicAddress(), presidio.MacAddressRecognizer()],
    }


def signs() -> Callable[[str], set[str]]:
    """Return what tells of a text the kinds of private data that it seems to hold, without a language model."""
    recognizers, telephone = by_kind(), presidio.PhoneRecognizer(leniency=STRICT)

    def kinds(text: str) -> set[str]:
        found = {kind for kind, each in recognizers.items() if any(_is_found(text, one) for one in each)}
        if not found & {"account number", "identity number"} and _has_telephone(text, telephone):
            found.add("telephone number")
        return found

    return kinds


def _is_found(text: str, recognizer: EntityRecognizer) -> bool:
    return any(result.score >= DISTINCT for result in recognizer.analyze(text, recognizer.supported_entities, None))


def _has_telephone(text: str, telephone: presidio.PhoneRecognizer) -> bool:
    if sum(map(str.isdigit, text)) < DIGITS:
        return False
    found = [text[result.start : result.end] for result in telephone.analyze(text, [], None)]
    return any(sum(map(str.isdigit, each)) >= DIGITS and not PLAIN.fullmatch(each) for each in found)


def models() -> list[Language]:
    """Return the installed language models of spaCy that find names."""
    loaded = [spacy.load(name, exclude=NEEDLESS) for name in sorted(spacy.util.get_installed_models())]
    return [model for model in loaded if {"ner", "entity_ruler"} & set(model.pipe_names)]


def names_a_person(text: str, model: Language) -> bool:
    """Return whether a language model finds a person in the text."""
    return any(entity.label_ in PERSONS for entity in model(text[: model.max_length]).ents)


def found_by(loaded: Sequence[Language]) -> list[str]:
    """Return the packages and models that look, with their versions."""
    of_models = [f"{model.lang}_{model.meta['name']} {model.meta['version']}" for model in loaded]
    return [f"presidio-analyzer {version('presidio-analyzer')}", *of_models]
