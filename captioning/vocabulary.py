"""Words and their numbers, made from training captions alone; owns special tokens and how text is cut and joined."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PAD, START, END, UNK = 0, 1, 2, 3
SPECIALS = ("<pad>", "<start>", "<end>", "<unk>")
FORBIDDEN = (PAD, START, UNK)
"""What no decoder may ever write into a caption."""

_TOKEN = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*'?|,")


def tokenize(text: str) -> list[str]:
    """Cut a caption into lower-case words and commas; "men's" and "t-shirt" stay whole."""
    return _TOKEN.findall(text.lower().replace("\u2019", "'"))


def join(words: Iterable[str]) -> str:
    """Join words into a caption; the inverse of `tokenize` for the captions we train on."""
    return " ".join(words).replace(" ,", ",")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """An immutable, ordered list of words; its hash names it in a checkpoint."""

    words: tuple[str, ...]
    _numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", {word: number for number, word in enumerate(self.words)})

    def __len__(self) -> int:
        return len(self.words)

    @property
    def hash(self) -> str:
        """SHA-256 of the words in their order."""
        return hashlib.sha256("\n".join(self.words).encode()).hexdigest()

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a caption's words, with <start> before and <end> behind."""
        return [START, *(self._numbers.get(word, UNK) for word in tokenize(text)), END]

    def decode(self, numbers: Sequence[int]) -> str:
        """Return the caption that the numbers spell, without special tokens."""
        return join(self.words[number] for number in numbers if number >= len(SPECIALS))


def build(captions: Iterable[str], min_count: int) -> Vocabulary:
    """Make the vocabulary of captions: every word seen at least `min_count` times, the most frequent first."""
    counts = Counter(word for caption in captions for word in tokenize(caption))
    kept = sorted((word for word, count in counts.items() if count >= min_count), key=lambda w: (-counts[w], w))
    return Vocabulary((*SPECIALS, *kept))
