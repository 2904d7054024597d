"""The doctor: compares rows, files and what was made from them, names what differs, mends what it safely can.

`examine(house(…), CHECKS)` changes nothing; `repair` mends. Reading every byte takes `CONTENTS` beside `CHECKS`.
"""

from __future__ import annotations

from catalogue.doctor import contents, fields, files, photos, rows, trash
from catalogue.doctor.report import Finding, Report
from catalogue.doctor.rounds import Case, Check, House, Kind, examine, house, repair

__all__ = ["CHECKS", "CONTENTS", "Case", "Check", "Finding", "House", "Kind", "Report", "examine", "house", "repair"]

CHECKS: tuple[Check, ...] = (*rows.CHECKS, trash.CHECK, files.CHECK, photos.CHECK, fields.CHECK)
CONTENTS: tuple[Check, ...] = (contents.CHECK,)
