"""Real products as search sees them: texts, attributes and the shipped model's vectors. Makes no shop of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from captioning.captioner import Captioner
from captioning.data.drawings import render, sample_catalogue
from catalogue.states import Space
from catalogue.words import words_text

Vectors = dict[Space, NDArray[np.float32]]  # (n, d) each, rows of unit length
ATTRIBUTES = ("brand", "gender", "kind", "colour", "season", "usage")
AT_ONCE = 64


@dataclass(frozen=True)
class Product:
    title: str
    attributes: dict[str, str]
    image: Image.Image


@dataclass(frozen=True)
class Samples:
    products: list[Product]
    captions: list[str]
    vectors: Vectors


def products(outside: Path | None) -> Iterator[Product]:
    """The `val` part of the outside data; without it the drawn sample catalogue, whose attributes are fewer."""
    if outside is None:
        for _, drawings in sample_catalogue():
            drawing = drawings[0]
            yield Product(
                drawing.title,
                {name: str(value) for name, value in dict(drawing.attributes).items()},
                render(drawing, 256),
            )
        return
    folder = outside / "products"
    with (folder / "products.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "val":
                image = Image.open(io.BytesIO((folder / row["file"]).read_bytes()))
                yield Product(row["title"], {name: row[name] for name in ATTRIBUTES if row[name]}, image)


def see(captioner: Captioner, outside: Path | None) -> Samples:
    """Caption and encode them all, as a worker does."""
    seen = list(products(outside))
    captions: list[str] = []
    parts: dict[Space, list[NDArray[np.float32]]] = {space: [] for space in Space}
    for first in range(0, len(seen), AT_ONCE):
        batch = seen[first : first + AT_ONCE]
        described = captioner.describe([product.image.convert("RGB") for product in batch])
        said = [caption.text for caption in described.captions]
        texts = [words_text(product.title, caption) for product, caption in zip(batch, said, strict=True)]
        parts[Space.LOOK].append(described.look)
        parts[Space.MEANING].append(described.meaning)
        parts[Space.WORDS].append(captioner.encode_text(texts)["words"])
        captions += said
    return Samples(seen, captions, {space: np.concatenate(rows) for space, rows in parts.items()})
