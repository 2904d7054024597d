"""Search over HTTP beside the bare calls it cannot do without: the encoder, and FAISS over the same vectors."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from captioning.captioner import Captioner
from catalogue.states import Space
from tests.bench.exact import Exact
from tests.bench.fill import Filled
from tests.bench.serving import Caller, Serving, serving
from tests.bench.timing import p

PAGE = 24
FACETS = ["brand", "colour", "price"]
SPACES = (Space.MEANING, Space.WORDS)
WHOSE = ("men's", "women's", "boys'", "girls'", "unisex", "cheap", "new", "gift")


@dataclass(frozen=True)
class Case:
    """A filter that keeps a known part of the shop; `keeps` says of an item's attributes whether it passes."""

    name: str
    filter: Callable[[str], str | None]  # by the query's colour
    keeps: Callable[[dict[str, Any], str], bool]


CASES = (
    Case("no filter", lambda colour: None, lambda attributes, colour: True),
    Case("50 %", lambda colour: "sale = true", lambda attributes, colour: attributes["sale"]),
    Case(
        "the query's own colour, some 10 %",
        lambda colour: f'colour = "{colour}"',
        lambda attributes, colour: attributes.get("colour", "").casefold() == colour.casefold(),
    ),
    Case("1 %", lambda colour: "shelf = 42", lambda attributes, colour: attributes["shelf"] == 42),
    Case("0.01 %", lambda colour: "box = 4242", lambda attributes, colour: attributes["box"] == 4242),
)


@dataclass(frozen=True)
class Row:
    """Milliseconds. `inside`: of the request, encoding and search as the API itself measures them."""

    case: str
    facets: bool
    kept: float
    bare_p50: float
    bare_p95: float
    inside_p50: float
    http_p50: float
    http_p95: float
    recall: float


@dataclass(frozen=True)
class Measured:
    items: int
    rows: list[Row]
    ready_s: float
    pss_bytes: int


class Bare:
    """What no search can do without: encode the text, and let FAISS compare it in two spaces. One thread."""

    def __init__(self, captioner: Captioner, filled: Filled) -> None:
        faiss.omp_set_num_threads(1)
        self._captioner = captioner
        self._indexes = {}
        for space in SPACES:
            vectors = np.ascontiguousarray(filled.vectors[space])
            self._indexes[space] = faiss.IndexFlatIP(vectors.shape[1])
            self._indexes[space].add(vectors)

    def __call__(self, text: str, allowed: NDArray[np.bool_] | None) -> float:
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        began = time.perf_counter()
        encoded = self._captioner.encode_text([text])
        for space in SPACES:
            parameters = None if bits is None else _only(bits)
            self._indexes[space].search(encoded[space.value], PAGE, params=parameters)
        return time.perf_counter() - began


def _only(bits: NDArray[np.uint8]) -> Any:
    selector: Any = faiss.IDSelectorBitmap  # its Python form takes an array; the stubs know C++'s alone
    parameters: Any = faiss.SearchParameters
    return parameters(sel=selector(bits))


def measure(filled: Filled, captioner: Captioner, queries: int, seed: int, profiles: Path | None) -> Measured:
    """Every case, alone and with three facets; bare calls and requests by turns, each with a text never sent before."""
    bare, exact = Bare(captioner, filled), Exact(captioner, filled)
    texts = _texts(filled, seed)
    rows = []
    began = time.perf_counter()
    with serving(filled.data) as server:
        ready_s = time.perf_counter() - began
        caller = Caller(server.port)
        for _, text in itertools.islice(texts, 10):
            caller.search(q=text, facets=FACETS, limit=PAGE)
        for case, facets in itertools.product(CASES, (False, True)):
            rows.append(_row(case, facets, filled, bare, exact, caller, itertools.islice(texts, queries)))
            print(rows[-1], flush=True)  # noqa: T201 - it takes minutes
        if profiles is not None:
            _profile(server, caller, texts, profiles / f"search-{len(filled.skus)}.svg")
        pss = server.pss_bytes()
        caller.close()
    return Measured(len(filled.skus), rows, round(ready_s, 1), pss)


def _row(
    case: Case, facets: bool, filled: Filled, bare: Bare, exact: Exact, caller: Caller,
    texts: Iterator[tuple[str, str]],
) -> Row:  # fmt: skip
    bare_s, inside_s, http_s, recalls, kept = [], [], [], [], []
    for colour, text in texts:
        allowed = np.array([case.keeps(each, colour) for each in filled.attributes])
        bare_s.append(bare(text, None if allowed.all() else allowed))
        query: dict[str, Any] = {"q": text, "limit": PAGE, "min_confidence": 0}
        if (written := case.filter(colour)) is not None:
            query["filter"] = written
        seconds, found = caller.search(**query, **({"facets": FACETS} if facets else {}))
        http_s.append(seconds)
        inside_s.append((found["took_ms"]["encode"] + found["took_ms"]["search"]) / 1e3)
        kept.append(allowed.mean())
        recalls.append(exact.recall(text, [hit["sku"] for hit in found["hits"]], PAGE, allowed))
        assert found["total"] == {"value": int(allowed.sum()), "relation": "eq"}
    return Row(
        case.name, facets, float(np.mean(kept)), p(bare_s, 50), p(bare_s, 95), p(inside_s, 50), p(http_s, 50),
        p(http_s, 95), round(float(np.mean(recalls)), 4),
    )  # fmt: skip


def _texts(filled: Filled, seed: int) -> Iterator[tuple[str, str]]:
    """Colour and text of searches as shoppers write them, no two alike; colours that some 10 % of the shop have."""
    shares = Counter(each["colour"] for each in filled.attributes if "colour" in each)
    common = [colour for colour, count in sorted(shares.items()) if 0.07 <= count / len(filled.skus) <= 0.14]
    kinds = sorted({each["kind"] for each in filled.attributes if "kind" in each})
    every = list(itertools.product(common, kinds, WHOSE))
    Random(seed).shuffle(every)  # noqa: S311 - to be repeated
    yield from ((colour, f"{whose} {colour} {kind}".lower()) for colour, kind, whose in every)


def _profile(server: Serving, caller: Caller, texts: Iterator[tuple[str, str]], to: Path) -> None:
    """Where the API process spends its time while it is searched, as py-spy sees it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(server.worker.pid), "--native",
        "--rate", "500", "--duration", "20", "--output", str(to),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as spy:
        for _, text in texts:
            if spy.poll() is not None:
                break
            caller.search(q=text, limit=PAGE)
        if spy.wait():
            print(f"py-spy made no profile: {(spy.stderr.read() if spy.stderr else b'').decode()}")  # noqa: T201
    if to.exists():  # it names the command that made it
        to.write_text(to.read_text("utf-8").replace(f"{Path(sys.executable).parent}/", ""), "utf-8")
