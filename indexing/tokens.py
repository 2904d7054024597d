"""Text to words: folding, splitting, stemming. Owns what "the same word" means; who holds it is in lexical.py."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain, pairwise
from threading import Lock

import snowballstemmer

# BCP 47 primary subtags that have a stemmer; other languages match whole words.
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "nb": "norwegian", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# "women's" is "women": the stemmer's own first step, done here since splitting would leave an "s" behind.
POSSESSIVE = re.compile(r"['’]s\b")
# Case folding makes "KIRMIZI" another word than "kırmızı"; where both i's are letters, they count as one.
DOTLESS = {"az", "tr"}
DIGIT = re.compile(r"\d")
WITH_DIGIT = re.compile(r"^[^\d\n]*\d.*$", re.MULTILINE)  # a line
PARTS = re.compile(r"\d+|\D+")
JOINTS = {" ", "-", "\u00a0", "\u202f", "\u2009", "\u2010", "\u2011"}  # space and hyphen, and their typeset kin
SIGN = re.compile(r"[.,/&+%#°№×€$£¥]|(?<=\d)-(?=\d)")  # what tells products apart: "3.5", "c&a", "s10+", "18-50"
PUNCTUATION = ".,;:!?…()[]{}<>\"'“”„‘’«»*_-–—/|"
LONGEST_SIGNED = 32  # a web address tells nothing


def fold(text: str) -> str:
    """NFC(casefold(NFC(text))): how strings compare everywhere."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def is_letters(word: str) -> bool:
    """Of a word that an item or a query holds: neither digits nor signs are in it, but marks may be."""
    return word.isalpha() or not (word.isascii() or DIGIT.search(word) or SIGN.search(word))


class Analyzer:
    """Words of one language; safe to use from several threads.

    A word is a run of letters and digits with the marks that belong to them, folded; its stem is its token.
    """

    def __init__(self, language: str) -> None:
        self.language = language.split("-")[0].lower()
        self._lock = Lock()  # a stemmer keeps the word it works on in itself
        name = STEMMERS.get(self.language)
        self._stemmer = snowballstemmer.stemmer(name) if name in snowballstemmer.algorithms() else None
        self.stem = lru_cache(maxsize=200_000)(self._stem)

    def words(self, text: str) -> dict[str, str]:
        """Each token of `text` and the word it came from, in order of appearance."""
        found: dict[str, str] = {}
        for word in _runs().findall(self._folded(text)):
            found.setdefault(self.stem(word), word)
        return found

    def details(self, text: str) -> list[str]:
        """What `text` says beside its words: parts of mixed runs, numbers joined with their neighbours, signs.

        "ab1002" says ab and 1002, "5 kg" says 5kg, "c&a" says c&a.
        """
        folded = self._folded(text)
        return list(dict.fromkeys([*_compounds(folded), *_signed(folded)]))

    def held(self, texts: Iterable[str]) -> dict[str, str]:
        """Every word that an item of these texts holds, and its stem: the words and what they say beside."""
        folded = self._folded("\n".join(texts))  # a line's end joins nothing
        found = {word: self.stem(word) for word in chain(_runs().findall(folded), _compounds(folded))}
        return found | {piece: piece for piece in _signed(folded)}

    def _folded(self, text: str) -> str:
        folded = fold(text)
        if self.language == "en":
            return POSSESSIVE.sub("", folded)
        if self.language in DOTLESS:
            return folded.replace("i\u0307", "i").replace("ı", "i")
        return folded

    def _stem(self, word: str) -> str:
        if self._stemmer is None or DIGIT.search(word):
            return word  # a model number is no word; stemming every sku took a third of a view's load
        with self._lock:
            return str(self._stemmer.stemWord(word))


@cache
def analyzer_for(language: str) -> Analyzer:
    return Analyzer(language)


def _compounds(folded: str) -> Iterator[str]:
    """The parts of mixed runs, and runs of letters and of digits that one space or hyphen parts, joined."""
    for line in WITH_DIGIT.findall(folded):
        runs = [(run.span(), PARTS.findall(run[0])) for run in _runs().finditer(line)]
        for _, parts in runs:
            if len(parts) > 1:
                yield from parts
        for ((_, end), one), ((start, _), other) in pairwise(runs):
            if len(one) == len(other) == 1 and line[end:start] in JOINTS and one[0].isdecimal() != other[0].isdecimal():
                yield one[0] + other[0]


def _signed(folded: str) -> Iterator[str]:
    """What stands between blanks and holds a sign, without the punctuation around it."""
    if not SIGN.search(folded):
        return
    for piece in folded.split():
        bare = piece.strip(PUNCTUATION)
        if len(bare) <= LONGEST_SIGNED and SIGN.search(bare) and any(map(str.isalnum, bare)):
            yield bare.replace(",", ".")  # "3,5" is "3.5"


@cache
def _runs() -> re.Pattern[str]:
    r"""Letters and digits, marks included: Python's \w leaves out the vowel signs that words of India are made with."""
    marks = "".join(
        letter
        for letter in map(chr, range(0x300, min(sys.maxunicode, 0x10000)))
        if unicodedata.category(letter)[0] == "M"
    )
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks}])*")
