"""Reads a folder of shop photos with their `products.csv` into examples; owns the columns, not the words.

A caption says only what can be seen: colour, audience, kind, and a pattern or sleeves where the title names them.
Brand, season, year and usage stay in the title.
"""

import csv
from functools import partial
from pathlib import Path

from PIL import Image

from captioning.data.examples import Example, Labels, caption_of
from captioning.data.plain_words import plain_audience, plain_colour, plain_detail, plain_kind
from captioning.errors import TrainingDataMissing


def read_products(folder: Path) -> list[Example]:
    """Read every row of `products.csv`, in its order.

    Args:
        folder: holds `products.csv` (sku, file, title, gender, kind, colour, split …) and the photos it names.
    Raises:
        TrainingDataMissing: there is no `products.csv`.
    """
    table = folder / "products.csv"
    if not table.is_file():
        raise TrainingDataMissing(f"There is no products.csv in {folder}. Give the folder that holds it.")
    with table.open(newline="", encoding="utf-8") as rows:
        return [_example(folder, row) for row in csv.DictReader(rows)]


def _example(folder: Path, row: dict[str, str]) -> Example:
    photo = folder / row["file"]
    labels = Labels(
        kind=plain_kind(row["kind"]),
        colour=plain_colour(row["colour"]),
        audience=plain_audience(row["gender"]),
        detail=plain_detail(row["title"]),
    )
    return Example(
        key=f"{photo}@{photo.stat().st_mtime_ns}",
        split=row["split"],
        caption=caption_of(labels),
        title=row["title"],
        labels=labels,
        load=partial(open_photo, photo),
    )


def open_photo(path: Path) -> Image.Image:
    """Open a photo file and read its pixels, so that the file is closed again."""
    with Image.open(path) as image:
        image.load()
        return image
