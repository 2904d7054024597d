"""Nothing of the answers reaches the captioner, and nothing of the test photos reaches training."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from captioning.captioner import Captioner
from captioning.data.drawn import TRAIN_SEED, VAL_SEED, read_drawings
from captioning.data.examples import Labels
from captioning.evaluate import answers_of


def test_other_references_leave_every_caption_and_vector_as_it_was(random_checkpoint: Path) -> None:
    captioner = Captioner.from_checkpoint(random_checkpoint, device="cpu")
    examples = read_drawings("test", 6)
    lies = [
        replace(example, caption="red tie", title="Red Tie", labels=Labels(kind="tie", colour="red"))
        for example in examples
    ]
    honest, lied_to = answers_of(captioner, examples), answers_of(captioner, lies)
    assert lied_to.captions == honest.captions
    assert np.array_equal(lied_to.look, honest.look)
    assert np.array_equal(lied_to.meaning, honest.meaning)


def test_drawings_of_training_choosing_and_testing_have_seeds_of_their_own() -> None:
    keys = [{example.key for example in read_drawings(split, 2000)} for split in ("train", "val", "test")]
    assert sum(map(len, keys)) == len(set.union(*keys)) == 6000
    assert min(TRAIN_SEED, VAL_SEED) > 10_000


def test_no_photo_and_no_near_duplicate_is_in_two_splits(outside_data: Path) -> None:
    folder = outside_data / "products"
    with (folder / "products.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    splits: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        splits[hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest()].add(row["split"])
    assert all(len(found) == 1 for found in splits.values())
    split_of = {row["sku"]: row["split"] for row in rows}
    groups: dict[str, set[str]] = defaultdict(set)
    with (folder / "near-duplicates.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups[row["group"]].add(split_of[row["sku"]])
    assert groups
    assert all(len(found) == 1 for found in groups.values())
