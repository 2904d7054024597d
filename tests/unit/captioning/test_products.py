"""Shop rows become captions of what can be seen, and nothing of the shop's secrets."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from PIL import Image

from captioning.data.plain_words import plain_detail
from captioning.data.products import read_products
from captioning.errors import TrainingDataMissing
from captioning.vocabulary import SPECIALS, UNK, build, join, tokenize

COLUMNS = ["sku", "file", "title", "gender", "kind", "colour", "season", "usage", "year", "brand", "split"]


def shop(folder: Path, **cells: str) -> Path:
    Image.new("RGB", (3, 4)).save(folder / "1.png")
    row = dict.fromkeys(COLUMNS, "") | {"file": "1.png", "split": "train"} | cells
    with (folder / "products.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerow(row)
    return folder


@pytest.mark.parametrize(
    ("gender", "colour", "kind", "title", "caption"),
    [
        ("Men", "Navy Blue", "Shirts", "Acme Men Check Navy Blue Shirt", "navy blue men's shirt, checked"),
        ("Women", "Black", "Handbags", "Acme Women Leather Black Handbag", "black women's handbag"),
        ("Unisex", "Blue", "Backpacks", "Acme Deck Backpack 2012", "blue backpack"),
        ("Boys", "Red", "Tshirts", "Acme Kids Striped T-shirt", "red boys' t-shirt, striped"),
        ("Men", "Steel", "Watches", "Acme Steel Dial Watch FS4677", "silver men's watch"),
        ("Women", "Lavender", "Flip Flops", "Acme Women Flip Flop", "purple women's flip-flops"),
        ("Men", "", "Casual Shoes", "Acme Checkmate Shoes", "men's casual shoes"),
    ],
)
def test_a_caption_says_colour_audience_kind_and_pattern(
    tmp_path: Path, gender: str, colour: str, kind: str, title: str, caption: str
) -> None:
    cells = {"gender": gender, "colour": colour, "kind": kind, "title": title}
    example = read_products(shop(tmp_path, brand="Acme", season="Summer", usage="Formal", year="2012", **cells))[0]
    assert example.caption == caption
    assert example.title == title
    assert example.load().size == (3, 4)


def test_patterns_are_whole_words_of_the_title() -> None:
    assert plain_detail("Checkmate Stripwell Printmore Shirt") == ""
    assert plain_detail("Red Polka Dot Printed Top") == "polka dots"


def test_a_photo_that_was_replaced_has_another_key(tmp_path: Path) -> None:
    folder = shop(tmp_path, gender="Men", kind="Shirts", colour="Red", title="x")
    before = read_products(folder)[0].key
    Image.new("RGB", (5, 5)).save(folder / "1.png")
    os.utime(folder / "1.png", ns=(1, 1))
    assert read_products(folder)[0].key != before


def test_a_folder_without_a_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataMissing, match=r"products\.csv"):
        read_products(tmp_path)


def test_captions_survive_being_cut_into_words_and_joined_again() -> None:
    for caption in ("navy blue men's t-shirt, polka dots", "white girls' flip-flops", "red dress"):
        assert join(tokenize(caption)) == caption


def test_rare_words_are_unknown_and_special_ones_are_never_spelled() -> None:
    vocabulary = build(["red shirt", "red dress", "blue shirt"], min_count=2)
    assert vocabulary.words == (*SPECIALS, "red", "shirt")
    numbers = vocabulary.encode("blue shirt")
    assert UNK in numbers
    assert vocabulary.decode(numbers) == "shirt"
