"""What a doctor's round came to: values only."""

from __future__ import annotations

from dataclasses import dataclass

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Cases of one kind. `code` is stable; `examples` are the first few ids; `mended` is 0 when nothing was tried."""

    code: str
    says: str
    remedy: str
    count: int
    examples: tuple[str, ...]
    mended: int

    @property
    def left(self) -> int:
        return self.count - self.mended


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing differs (any more)."""
        return all(finding.left == 0 for finding in self.findings)
