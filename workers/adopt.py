"""Adopts a checkpoint: copies it into the data folder and makes its model set known in SQL. Loads no weights."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import structlog

from captioning import checkpoint as checkpoints
from captioning.captioner import PRETRAINED
from captioning.checkpoint import MANIFEST_FILE, WEIGHTS_FILE, Manifest
from captioning.errors import CheckpointDamaged
from captioning.text import ONNX_FILE
from catalogue.catalogues import DEFAULT, ModelSet, adopt, read_catalogue
from catalogue.database import Database
from catalogue.errors import VitrineError
from catalogue.settings import Settings

log = structlog.get_logger()

# The export needs torch, once; in a process of its own it leaves no torch behind in the one that adopts.
_EXPORT = """
import sys
from pathlib import Path
from captioning.captioner import Captioner
folder = Path(sys.argv[1])
Captioner.from_checkpoint(folder, device="cpu", text_folder=folder).encode_text(["a photo"])
"""


class ExportFailed(VitrineError):
    code = "export-failed"


def adopt_model(settings: Settings, database: Database, catalogue: str = DEFAULT) -> ModelSet:
    """Make the configured checkpoint (else the shipped one) usable by workers and API; called twice, nothing changes.

    The folder `models/<name>` appears whole or not at all. A catalogue's first model set is active at once; a later one
    gets work for every photo and becomes active when that is done.

    Raises:
        CheckpointDamaged: the checkpoint is missing, cut or changed.
        ExportFailed: the sentence encoder could not be exported.
    """
    source = settings.model or PRETRAINED
    manifest = checkpoints.read_manifest(source)
    checkpoint = _name(manifest)
    folder = settings.models_folder / checkpoint
    _copy(source, folder, manifest)
    if not (folder / ONNX_FILE).is_file():
        _export_sentence_encoder(folder)
    prints = manifest.fingerprints
    names = {"captioner": prints.captioner, "look": prints.look, "meaning": prints.meaning, "words": prints.words}

    def write_set() -> ModelSet:
        return database.write(
            lambda session: adopt(session, read_catalogue(session, catalogue).id, checkpoint=checkpoint, **names)
        )

    adopted = write_set()
    log.info("model_adopted", model_set_id=str(adopted.id), checkpoint=adopted.checkpoint)
    return adopted


def _name(manifest: Manifest) -> str:
    """What the folder is called: one name for one combination of captioner and spaces."""
    prints = manifest.fingerprints
    joined = "\n".join((prints.captioner, prints.look, prints.meaning, prints.words, manifest.weights_sha256))
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def _copy(source: Path, folder: Path, manifest: Manifest) -> None:
    if _is_whole(folder, manifest):
        return
    checkpoints.read_weights(source, manifest)  # a damaged source must not be adopted
    aside = folder.with_name(f".{folder.name}.{uuid4().hex}.part")
    aside.mkdir(parents=True)
    try:
        for name in (WEIGHTS_FILE, MANIFEST_FILE):
            shutil.copyfile(source / name, aside / name)
            _sync(aside / name)
        _sync(aside)
        if folder.exists():  # damaged: whoever holds its files open keeps reading them
            folder.rename(aside / "damaged")
        aside.rename(folder)
        shutil.rmtree(folder / "damaged", ignore_errors=True)
        _sync(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    if not folder.is_dir():
        return False
    try:
        checkpoints.read_manifest(folder)
        checkpoints.read_weights(folder, manifest)
    except CheckpointDamaged:
        log.warning("checkpoint_damaged", checkpoint=folder.name)
        return False
    return True


def _export_sentence_encoder(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _EXPORT, str(folder)], capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter and code
    if done.returncode != 0:
        log.error("export_failed", output=done.stderr[-2000:])
        raise ExportFailed("The sentence encoder could not be exported; the log says why. Free some disk or memory.")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
