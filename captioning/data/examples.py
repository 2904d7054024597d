"""What every reader of training data gives: an example with a picture, its words and its labels; owns no source."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True, slots=True)
class Labels:
    """What can be seen in a picture, as plain words; an empty string is "not said"."""

    kind: str
    colour: str
    audience: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One picture with its caption and title.

    `key` names the very pixels (a changed file has another key); `load` reads or draws them when they are wanted.
    """

    key: str
    split: str
    caption: str
    title: str
    labels: Labels
    load: Callable[[], Image.Image]


def caption_of(labels: Labels) -> str:
    """Say what the labels say: "navy blue men's shirt, checked"."""
    head = " ".join(part for part in (labels.colour, labels.audience, labels.kind) if part)
    return f"{head}, {labels.detail}" if labels.detail else head
