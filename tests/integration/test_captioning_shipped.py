"""The shipped captioner in fresh processes and on pictures it has not seen: light, the same anywhere, and no bluff."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from captioning.captioner import PRETRAINED, Captioner
from captioning.checkpoint import read_manifest, read_weights
from captioning.data.drawn import read_drawings
from captioning.data.products import read_products
from captioning.evaluate import answers_of, blind_figures, photo_figures
from captioning.metrics import caption_figures
from captioning.vocabulary import tokenize

_LOGITS = """
import sys, hashlib, torch
from pathlib import Path
from captioning.checkpoint import load_model, read_manifest
torch.set_num_threads(1)
folder = Path(sys.argv[1])
model = load_model(folder, read_manifest(folder))
pixels = torch.linspace(-2, 2, 2 * 3 * 96 * 96).reshape(2, 3, 96, 96)
with torch.inference_mode():
    regions = model.regions(pixels)
    logits, _ = model.decoder(regions, torch.tensor([[1, 4, 5], [1, 6, 7]]))
    everything = torch.cat([logits.flatten(), model.look(regions).flatten(), model.meaning(regions).flatten()])
print(hashlib.sha256(everything.numpy().tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def captioner() -> Captioner:
    return Captioner.from_checkpoint(device="cpu")


def test_two_processes_that_load_a_checkpoint_compute_bitwise_equal_logits() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", _LOGITS, PRETRAINED], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.strip()) == 64


def test_importing_the_door_and_reading_a_manifest_brings_no_torch() -> None:
    script = (
        "import sys; from pathlib import Path; from captioning.captioner import Captioner, Beam, Caption, Alternative\n"
        "Captioner.from_checkpoint(Path(sys.argv[1])).fingerprints\n"
        "assert not {'torch', 'torchvision', 'sentence_transformers', 'transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, PRETRAINED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_shipped_vocabulary_holds_no_word_that_training_captions_do_not(outside_data: Path) -> None:
    photos = [example for example in read_products(outside_data / "products") if example.split == "train"]
    known = {word for example in photos for word in tokenize(example.caption)}
    drawn = {word for example in read_drawings("train", 3000) for word in tokenize(example.caption)}
    shipped = set(Captioner.from_checkpoint().manifest.trained.vocabulary.words[4:])
    assert shipped <= known | drawn


def test_the_picture_is_used_captions_of_other_photos_are_worth_far_less(captioner: Captioner) -> None:
    examples = read_drawings("test", 66)
    captions = answers_of(captioner, examples).captions
    figures, blind = caption_figures(captions, examples), blind_figures(captions, examples)
    assert figures["names_kind_and_colour"] >= 0.85
    assert blind["blind_names_kind"] <= 0.2
    assert blind["blind_names_kind_and_colour"] <= 0.1


def test_titles_find_their_photos_better_than_by_chance_and_figures_are_shares(
    captioner: Captioner, outside_data: Path
) -> None:
    photos = [example for example in read_products(outside_data / "products") if example.split == "val"][:100]
    figures = photo_figures(captioner, photos)
    assert all(0 <= value <= 1 for value in figures.values())
    assert figures["title_to_photo_r10"] >= 0.7
    assert figures["names_kind_and_colour"] > 2 * figures["blind_names_kind_and_colour"]


def test_what_ships_is_at_most_twenty_megabytes_and_whole() -> None:
    assert sum(file.stat().st_size for file in PRETRAINED.iterdir()) <= 20_000_000
    assert read_weights(PRETRAINED, read_manifest(PRETRAINED))
