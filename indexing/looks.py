"""Looks that requests share. Owns who looks and who waits; what a look does is its owner's."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition


class SharedLook:
    """Each caller gets a look that began after it called; callers that arrive together share one.

    A look under way when a caller arrives began too early for it, so it waits for the next.
    """

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._changed = Condition()
        self._begun = 0
        self._done = 0  # the last look that ended well, with all before it
        self._looking = False

    def __call__(self) -> None:
        """Returns after such a look; raises what the look raised, if this caller was the one that looked."""
        with self._changed:
            wanted = self._begun + 1
            while self._looking and self._done < wanted:
                self._changed.wait()
            if self._done >= wanted:
                return
            self._begun += 1
            number = self._begun
            self._looking = True
        try:
            self._look()
        except BaseException:
            number = -1  # whoever waits looks for itself
            raise
        finally:
            with self._changed:
                self._looking = False
                self._done = max(self._done, number)
                self._changed.notify_all()
