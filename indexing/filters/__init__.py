"""Filters: what a filter says, which fields it may name, and which items of a view pass. Owns the door.

Text or JSON becomes a tree (`parse`, `from_json`), which is text and JSON again (`str`, `to_json`). Checked against a
view, it gives a mask of the view's item rows. Its columns are indexing/fields/.
"""

from __future__ import annotations

from indexing.filters.checking import Checked, check
from indexing.filters.json_form import from_json, to_json
from indexing.filters.nearest import unknown_field
from indexing.filters.notation import read_name, write_name
from indexing.filters.parsing import LONGEST, parse
from indexing.filters.tree import Comparison, Condition, Op, all_of, comparisons_of

__all__ = [
    "LONGEST", "Checked", "Comparison", "Condition", "Op", "all_of", "check", "comparisons_of", "from_json", "parse",
    "read_name", "to_json", "unknown_field", "write_name",
]  # fmt: skip
