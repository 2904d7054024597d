"""The one way to sentence-transformers: declares what a CPU-only torch lacks for the CUDA-built torchvision it imports.

torchvision's ordinary Linux wheel needs CUDA libraries; with a CPU torch its import dies at `torchvision::nms`.
Declaring the two operators that the import looks up is enough for all that does not call them. Where the real ones
load, nothing is declared.
"""

import importlib.util
import pathlib
import threading
from typing import Any

import torch

_lock = threading.Lock()
_declared: list[torch.library.Library] = []  # must stay referenced, or the declarations vanish
_ready: list[bool] = []


def ensure_torchvision() -> None:
    """Make `import torchvision` work; safe to call from any thread, any number of times."""
    with _lock:
        if _ready:
            return
        spec = importlib.util.find_spec("torchvision")
        if spec is None or spec.origin is None:
            raise ImportError("torchvision is not installed. Install it: pip install torchvision.")
        if not _real_operators(pathlib.Path(spec.origin)):
            library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call] # torch gives no types here
            for operator in ("nms", "qnms"):
                library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call] # as above
            _declared.append(library)
        _ready.append(True)


def _real_operators(package: pathlib.Path) -> bool:
    for extension in sorted(package.parent.glob("_C*")):
        try:
            torch.ops.load_library(str(extension))  # type: ignore[no-untyped-call] # as above
        except OSError:
            continue
        return True
    return False


def sentence_transformer(folder: pathlib.Path) -> Any:
    """Return the SentenceTransformer kept in a folder, on the CPU; reads nothing from a network."""
    ensure_torchvision()
    from sentence_transformers import SentenceTransformer  # noqa: TID251 - this module is the allowed way
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers gives no types here

    return SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        model_kwargs={"attn_implementation": "eager"},  # the one that ONNX export of opset 17 understands
    )
