"""What can go wrong in indexing/, as types with a stable code. Knows nothing of HTTP.

VitrineError
├── VectorRefused    NaN, zero, not of unit length, or of another dimension
├── SeqNotReached    a change number that SQL has not given out yet
├── ViewBehind       the view had not loaded that number in time
└── InvalidInput
    ├── FilterSyntax     a filter that cannot be read: which column, and what would mend it
    ├── UnknownField     a filter, facet or sort names a field that there is none of
    └── FilterType       a filter compares a field with what its values never are
"""

from __future__ import annotations

from catalogue.errors import InvalidInput, VitrineError


class VectorRefused(VitrineError):
    code = "vector-refused"


class SeqNotReached(VitrineError):
    code = "seq-not-reached"


class ViewBehind(VitrineError):
    code = "view-behind"


class FilterSyntax(InvalidInput):
    code = "filter-syntax"


class UnknownField(InvalidInput):
    code = "unknown-field"


class FilterType(InvalidInput):
    code = "filter-type"
