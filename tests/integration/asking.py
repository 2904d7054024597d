"""A search of the reference as the API's parameters: as a link or JSON, with spellings left to chance. Asks nothing."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.reference.facets import Counting
from tests.reference.filters import Tree
from tests.reference.results import Asked, Field
from tests.reference.wording import name, worded


def parameters(asked: Asked, chance: Random, *, as_text: bool) -> dict[str, Any]:
    """What was asked, as parameters of a search."""
    query: dict[str, Any] = {}
    if asked.filter is not None:
        query["filter"] = filter_of(asked.filter, chance, as_text=as_text)
    if asked.threshold is not None:
        query["min_confidence"] = asked.threshold
    if asked.by_group:
        query["collapse"] = "group"
    if isinstance(asked.sort, Field):
        query["sort"] = ("-" if asked.sort.descending else "") + quoted(asked.sort.name, chance)
    elif asked.sort != "relevance" or chance.random() < 0.5:
        query["sort"] = asked.sort
    return query


def filter_of(tree: Tree, chance: Random, *, as_text: bool) -> Any:
    return worded(tree, chance) if as_text else json.loads(json.dumps(tree))


def quoted(named: str, chance: Random) -> str:
    """A field's name where words of the search stand too: in backticks unless it is plain."""
    return name(named, chance) if named != "newest" else f"`{named}`"


def counted(counting: Counting, chance: Random) -> dict[str, Any]:
    """The facets that are asked for, as parameters of a search."""
    names = [quoted(each, chance) for each in counting.fields]
    return {"facets": names, "facet_mode": counting.mode, "facet_limit": counting.limit}
