"""Text to tokens: folding, splitting, stemming. Owns what "the same word" means; who holds it is in lexical.py."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache, lru_cache
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


def fold(text: str) -> str:
    """NFC(casefold(NFC(text))): how strings compare everywhere."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


class Analyzer:
    """Tokens of one language; safe to use from several threads."""

    def __init__(self, language: str) -> None:
        self.language = language.split("-")[0].lower()
        self._lock = Lock()  # a stemmer keeps the word it works on in itself
        name = STEMMERS.get(self.language)
        self._stemmer = snowballstemmer.stemmer(name) if name in snowballstemmer.algorithms() else None
        self._stem = lru_cache(maxsize=200_000)(self._stem_uncached)

    def words(self, text: str) -> dict[str, str]:
        """Each token of `text` and the word it came from, in order of appearance.

        A word is a run of letters and digits with the marks that belong to them.
        """
        folded = fold(text)
        if self.language == "en":
            folded = POSSESSIVE.sub("", folded)
        found: dict[str, str] = {}
        for word in _pattern().findall(folded):
            found.setdefault(self._stem(word), word)
        return found

    def _stem_uncached(self, word: str) -> str:
        if self._stemmer is None or any(map(str.isdigit, word)):
            return word  # a model number is no word; stemming every sku took a third of a view's load
        with self._lock:
            return str(self._stemmer.stemWord(word))


@cache
def analyzer_for(language: str) -> Analyzer:
    return Analyzer(language)


@cache
def _pattern() -> re.Pattern[str]:
    r"""Letters and digits, marks included: Python's \w leaves out the vowel signs that words of India are made with."""
    marks = "".join(
        letter
        for letter in map(chr, range(0x300, min(sys.maxunicode, 0x10000)))
        if unicodedata.category(letter)[0] == "M"
    )
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks}])*")
