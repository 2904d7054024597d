"""What can go wrong in indexing/, as types with a stable code. Knows nothing of HTTP.

VitrineError
├── VectorRefused    NaN, zero, not of unit length, or of another dimension
├── SeqNotReached    a change number that SQL has not given out yet
└── ViewBehind       the view had not loaded that number in time
"""

from __future__ import annotations

from catalogue.errors import VitrineError


class VectorRefused(VitrineError):
    code = "vector-refused"


class SeqNotReached(VitrineError):
    code = "seq-not-reached"


class ViewBehind(VitrineError):
    code = "view-behind"
