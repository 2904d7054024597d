"""Checkpoints: a folder of float16 weights and a JSON manifest, no pickle; owns fingerprints; torch only for models.

A folder is written aside and renamed file by file, the manifest last: its hash of the weights vouches for them.
Matrices are kept as float16; vectors (biases) as float32, since they weigh nothing and some are tiny.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from captioning.config import ModelConfig, PreprocessConfig, preprocess_from_json, to_json
from captioning.errors import CheckpointDamaged, ModelMismatch
from captioning.vocabulary import Vocabulary

if TYPE_CHECKING:
    from captioning.model import CaptionerModel

Tensors = dict[str, NDArray[Any]]
WEIGHTS_FILE, MANIFEST_FILE = "captioner.safetensors", "manifest.json"
FORMAT_VERSION = 1
CODE_VERSIONS = {"captioner": 1, "look": 1, "meaning": 1, "words": 1}
"""Raise one when the code around these weights changes what comes out: vectors must never be mixed with older ones."""

_PARTS = {"captioner": ("encoder.", "decoder."), "look": ("encoder.", "look."), "meaning": ("encoder.", "meaning.")}


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Which captioner made a caption, and which encoder a vector of each space; `words` includes the captioner's."""

    captioner: str
    look: str
    meaning: str
    words: str


@dataclass(frozen=True, slots=True)
class Trained:
    """What belongs to weights and is not in them."""

    model: ModelConfig
    preprocess: PreprocessConfig
    vocabulary: Vocabulary
    sentence_encoder: str
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A checkpoint's description."""

    fingerprints: Fingerprints
    dimensions: dict[str, int]
    trained: Trained
    weights_sha256: str


def save(model: "CaptionerModel", trained: Trained, folder: Path) -> Manifest:
    """Write a model's folded weights and its manifest; the same call twice writes the same bytes."""
    tensors = _to_ship(model)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{WEIGHTS_FILE}.part"
    aside.write_bytes(to_bytes(tensors))  # `save_file` would make it readable by its owner alone
    manifest = Manifest(
        fingerprints=_fingerprints(tensors, trained),
        dimensions={
            "look": trained.model.look_size,
            "meaning": trained.model.meaning_size,
            "words": trained.model.words_size,
        },
        trained=trained,
        weights_sha256=_file_hash(aside),
    )
    aside.replace(folder / WEIGHTS_FILE)
    write_manifest(manifest, folder)
    return manifest


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest aside and rename it."""
    trained = manifest.trained
    fields = {
        "format_version": FORMAT_VERSION,
        "fingerprints": {name: getattr(manifest.fingerprints, name) for name in Fingerprints.__slots__},
        "dimensions": manifest.dimensions,
        "weights_sha256": manifest.weights_sha256,
        "sentence_encoder": trained.sentence_encoder,
        "vocabulary_hash": trained.vocabulary.hash,
        "metrics": trained.metrics,
        "preprocess": to_json(trained.preprocess),
        "model": to_json(trained.model),
        "vocabulary": list(trained.vocabulary.words),
    }
    aside = folder / f"{MANIFEST_FILE}.part"
    aside.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")
    aside.replace(folder / MANIFEST_FILE)


def read_manifest(folder: Path) -> Manifest:
    """Read a checkpoint's description, without torch and without its weights.

    Raises:
        CheckpointDamaged: it is missing or cannot be read.
        ModelMismatch: another format, or a vocabulary that is not the one the weights were trained with.
    """
    try:
        fields = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointDamaged(f"{folder} holds no readable {MANIFEST_FILE}. Give a checkpoint's folder.") from error
    if fields.get("format_version") != FORMAT_VERSION:
        found = fields.get("format_version")
        raise ModelMismatch(f"The checkpoint has format {found}; this version reads {FORMAT_VERSION}. Train again.")
    vocabulary = Vocabulary(tuple(fields["vocabulary"]))
    if vocabulary.hash != fields["vocabulary_hash"]:
        raise ModelMismatch(
            f"The vocabulary has hash {vocabulary.hash[:12]}; the weights were trained with "
            f"{fields['vocabulary_hash'][:12]}. Restore the checkpoint."
        )
    trained = Trained(
        model=ModelConfig(**fields["model"]),
        preprocess=preprocess_from_json(fields["preprocess"]),
        vocabulary=vocabulary,
        sentence_encoder=fields["sentence_encoder"],
        metrics=fields["metrics"],
    )
    return Manifest(Fingerprints(**fields["fingerprints"]), fields["dimensions"], trained, fields["weights_sha256"])


def load_model(folder: Path, manifest: Manifest) -> "CaptionerModel":
    """Fill a model with the folder's weights, as float32.

    Raises:
        CheckpointDamaged: the weights are not those that the manifest names.
        ModelMismatch: they do not fit the manifest's sizes.
    """
    import torch

    from captioning.encoders import serving_grid
    from captioning.model import CaptionerModel

    model = CaptionerModel(serving_grid(), manifest.trained.model, len(manifest.trained.vocabulary))
    tensors = {name: torch.from_numpy(value).float() for name, value in read_weights(folder, manifest).items()}
    try:
        model.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        raise ModelMismatch(f"The weights in {folder} do not fit its manifest. Restore the checkpoint.") from error
    return model.eval()


def read_weights(folder: Path, manifest: Manifest) -> Tensors:
    """Read the weights as they are kept, after checking their hash; no torch.

    Raises:
        CheckpointDamaged: the file is missing, cut or changed.
    """
    file = folder / WEIGHTS_FILE
    if not file.is_file() or _file_hash(file) != manifest.weights_sha256:
        raise CheckpointDamaged(f"{file} is missing, cut or changed. Restore the checkpoint.")
    tensors: Tensors = load_file(file)
    return tensors


def _dimensions(model: ModelConfig) -> dict[str, int]:
    return {"look": model.look_size, "meaning": model.meaning_size, "words": model.words_size}


def _to_ship(model: "CaptionerModel") -> Tensors:
    from captioning.encoders import folded_state

    state = {f"encoder.{name}": tensor for name, tensor in folded_state(model.encoder).items()}
    state |= {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("encoder.")}
    kept = {name: tensor.half() if tensor.dim() > 1 else tensor.float() for name, tensor in state.items()}
    return {name: np.ascontiguousarray(tensor.detach().cpu().numpy()) for name, tensor in kept.items()}


def _fingerprints(tensors: Tensors, trained: Trained) -> Fingerprints:
    shape = json.dumps([to_json(trained.preprocess), to_json(trained.model)], sort_keys=True)
    made = {
        part: _hash([shape, str(CODE_VERSIONS[part])], {n: t for n, t in tensors.items() if n.startswith(prefixes)})
        for part, prefixes in _PARTS.items()
    }
    captioner = _hash([made["captioner"], trained.vocabulary.hash], {})
    meaning = _hash([made["meaning"], trained.sentence_encoder], {})
    words = _hash([trained.sentence_encoder, captioner, str(CODE_VERSIONS["words"])], {})
    return Fingerprints(captioner=captioner, look=made["look"], meaning=meaning, words=words)


def _hash(texts: Iterable[str], tensors: Tensors) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()[:32]


def _file_hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
