"""A checkpoint holds all that a model is, notices every change."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from captioning import checkpoint
from captioning.checkpoint import MANIFEST_FILE, WEIGHTS_FILE, read_manifest
from captioning.config import PreprocessConfig
from captioning.errors import CheckpointDamaged, ModelMismatch
from tests.unit.captioning.conftest import random_model


@pytest.fixture
def copy(random_checkpoint: Path, tmp_path: Path) -> Path:
    """A checkpoint to spoil."""
    return Path(shutil.copytree(random_checkpoint, tmp_path / "copy"))


def test_a_loaded_model_saves_to_the_very_same_bytes(random_checkpoint: Path, tmp_path: Path) -> None:
    manifest = read_manifest(random_checkpoint)
    model = checkpoint.load_model(random_checkpoint, manifest)
    assert checkpoint.save(model, manifest.trained, tmp_path) == manifest
    for name in (WEIGHTS_FILE, MANIFEST_FILE):
        assert (tmp_path / name).read_bytes() == (random_checkpoint / name).read_bytes()


def test_another_vocabulary_is_refused(copy: Path) -> None:
    fields = json.loads((copy / MANIFEST_FILE).read_text())
    fields["vocabulary"][4], fields["vocabulary"][5] = fields["vocabulary"][5], fields["vocabulary"][4]
    (copy / MANIFEST_FILE).write_text(json.dumps(fields))
    with pytest.raises(ModelMismatch, match="vocabulary"):
        read_manifest(copy)


def test_weights_of_other_sizes_are_refused(copy: Path) -> None:
    fields = json.loads((copy / MANIFEST_FILE).read_text())
    fields["model"]["hidden_size"] = 32
    (copy / MANIFEST_FILE).write_text(json.dumps(fields))
    with pytest.raises(ModelMismatch, match="do not fit"):
        checkpoint.load_model(copy, read_manifest(copy))


def test_a_format_of_the_future_is_refused(copy: Path) -> None:
    fields = json.loads((copy / MANIFEST_FILE).read_text())
    (copy / MANIFEST_FILE).write_text(json.dumps(fields | {"format_version": 99}))
    with pytest.raises(ModelMismatch, match="format 99"):
        read_manifest(copy)


@pytest.mark.parametrize("spoil", ["cut", "flip", "remove"])
def test_weights_that_are_not_those_of_the_manifest_are_refused(copy: Path, spoil: str) -> None:
    weights = copy / WEIGHTS_FILE
    content = bytearray(weights.read_bytes())
    match spoil:
        case "cut":
            weights.write_bytes(content[: len(content) // 2])
        case "flip":
            content[-5] ^= 1
            weights.write_bytes(content)
        case _:
            weights.unlink()
    with pytest.raises(CheckpointDamaged, match="missing, cut or changed"):
        checkpoint.load_model(copy, read_manifest(copy))


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointDamaged, match="no readable"):
        read_manifest(tmp_path)


def test_each_fingerprint_changes_with_what_it_stands_for_and_with_nothing_else(
    random_checkpoint: Path, tmp_path: Path
) -> None:
    manifest = read_manifest(random_checkpoint)
    model = random_model(0)
    with torch.no_grad():
        model.look.project.bias[0] += 1
    looks_otherwise = checkpoint.save(model, manifest.trained, tmp_path / "look").fingerprints
    assert looks_otherwise == replace(manifest.fingerprints, look=looks_otherwise.look)
    assert looks_otherwise.look != manifest.fingerprints.look

    model = random_model(0)
    with torch.no_grad():
        model.decoder.output.bias[0] += 1
    says_otherwise = checkpoint.save(model, manifest.trained, tmp_path / "words").fingerprints
    assert says_otherwise == replace(
        manifest.fingerprints, captioner=says_otherwise.captioner, words=says_otherwise.words
    )
    assert says_otherwise.captioner != manifest.fingerprints.captioner
    assert says_otherwise.words != manifest.fingerprints.words

    squared = replace(manifest.trained, preprocess=PreprocessConfig(size=128))
    sees_otherwise = checkpoint.save(random_model(0), squared, tmp_path / "size").fingerprints
    assert not {sees_otherwise.captioner, sees_otherwise.look, sees_otherwise.meaning, sees_otherwise.words} & {
        manifest.fingerprints.captioner,
        manifest.fingerprints.look,
        manifest.fingerprints.meaning,
        manifest.fingerprints.words,
    }
