"""The exported sentence encoder is the real one, is made once whoever comes first, and brings no torch along."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from captioning import text
from captioning.errors import ModelMismatch
from captioning.text import SentenceEncoder, source_folder, source_hash

SENTENCES = ["blue shirt", "a women's handbag with long straps", "", "naïve café – 日本語", "word " * 2000]
ENCODE = """
import sys, hashlib
from pathlib import Path
from captioning.text import SentenceEncoder
vectors = SentenceEncoder(Path(sys.argv[1]), sys.argv[2]).encode(["blue shirt", "red dress"])
assert "torch" not in sys.modules
print(hashlib.sha256(vectors.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where three processes raced to make the encoder."""
    folder = tmp_path_factory.mktemp("text")
    command = [sys.executable, "-c", ENCODE, str(folder), source_hash()]
    racing = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = {process.communicate()[0] for process in racing}
    assert [process.returncode for process in racing] == [0, 0, 0]
    assert len(answers) == 1
    return folder


def test_after_a_race_the_folder_holds_two_whole_files_and_the_lock(folder: Path) -> None:
    left = {file.name for file in folder.iterdir()} - {"export.lock"}
    assert left == {text.ONNX_FILE, text.TOKENIZER_FILE}


def test_its_vectors_are_those_of_sentence_transformers(folder: Path) -> None:
    from captioning.torchvision_cpu import sentence_transformer

    expected = sentence_transformer(source_folder()).encode(SENTENCES, normalize_embeddings=True)
    served = SentenceEncoder(folder, source_hash()).encode(SENTENCES)
    assert ((expected * served).sum(axis=1) > 0.9999).all()
    assert np.allclose(np.linalg.norm(served, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("query", "reads"),
    [
        ("Blue shirt, for women!", True),
        ("", True),
        ("snekers", False),
        ("blue shirt 42", False),
        ("ab-1002", False),
        ("衬衫🎽", False),
    ],
)
def test_it_says_which_texts_it_reads_word_for_word(folder: Path, query: str, reads: bool) -> None:
    assert SentenceEncoder(folder, source_hash()).reads(query) is reads


def test_threads_that_come_together_get_what_one_alone_gets(folder: Path) -> None:
    alone = SentenceEncoder(folder, source_hash()).encode(SENTENCES)
    shared = SentenceEncoder(folder, source_hash())
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda _: shared.encode(SENTENCES), range(12))
        assert all(np.allclose(each, alone, atol=1e-6) for each in answers)


def test_a_sentence_means_the_same_whatever_is_encoded_beside_it(folder: Path) -> None:
    encoder = SentenceEncoder(folder, source_hash())
    together = encoder.encode([*SENTENCES, *(f"filler {number}" for number in range(70))])
    for row, sentence in enumerate(SENTENCES):
        assert np.allclose(encoder.encode([sentence])[0], together[row], atol=1e-5)


def test_another_encoder_than_the_captioners_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="trained with ffff"):
        SentenceEncoder(tmp_path, "f" * 64).encode(["blue shirt"])
    assert not (tmp_path / text.ONNX_FILE).exists()
