"""Patterns: what is woven or printed on a piece. No product shapes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import ImageDraw

from captioning.data.drawing_canvas import Weave
from captioning.data.drawing_palette import Paint
from captioning.data.drawing_paths import Points, curve, oval, reflect

_REACH = 260  # units from the middle: past every corner of the frame, however the cloth is turned

Place = Callable[[Points], list[tuple[float, float]]]


def _heart() -> Points:
    half = curve("M 0 0.9 C 0.5 0.5 1.05 0.1 1.0 -0.4 C 0.95 -0.95 0.25 -1.0 0 -0.45")
    return np.vstack([half, reflect(half)[::-1]])


def _star() -> Points:
    angles = np.radians(np.arange(10) * 36 - 90)
    reach = np.where(np.arange(10) % 2 == 0, 1.1, 0.45)
    return np.stack([np.cos(angles) * reach, np.sin(angles) * reach], axis=1)


def _flower() -> Points:
    angles = np.radians(np.arange(0, 360, 9))
    reach = 0.72 + 0.34 * np.cos(5 * angles)
    return np.stack([np.cos(angles) * reach, np.sin(angles) * reach], axis=1)


def _leaf() -> Points:
    return curve("M -0.8 0.8 Q -0.9 -0.5 0.9 -0.9 Q 0.7 0.7 -0.8 0.8")


def _dot() -> Points:
    return oval(0, 0, 0.85, 0.85)[::3]


_FIGURES: tuple[Callable[[], Points], ...] = (_dot, _dot, _heart, _star, _flower, _leaf)


@dataclass(frozen=True, slots=True)
class Cloth:
    """The pattern of one product: the same wherever it is cut from, turned as the piece is."""

    pattern: str
    accent: Paint
    step: float  # units from one stripe, line or figure to the next
    share: float  # of a step that is stripe, or the radius of a figure
    turn: float  # degrees
    figure: Points

    def weave(self, turn: float) -> Weave | None:
        """The pattern on a piece that is turned by some degrees, or None for plain cloth."""
        whole = self.turn + turn
        match self.pattern:
            case "striped":
                return lambda brush, place: self._bands(brush, place, whole, 255)
            case "checked":
                return lambda brush, place: self._checks(brush, place, whole)
            case "printed":
                return lambda brush, place: self._figures(brush, place, turn)
            case _:
                return None

    def _bands(self, brush: ImageDraw.ImageDraw, place: Place, turn: float, opacity: int) -> None:
        width = self.step * self.share
        for offset in np.arange(-_REACH, _REACH, self.step):
            corners = [(-_REACH, offset), (_REACH, offset), (_REACH, offset + width), (-_REACH, offset + width)]
            brush.polygon(place(_turned(np.array(corners), turn)), fill=(*self.accent.base, opacity))

    def _checks(self, brush: ImageDraw.ImageDraw, place: Place, turn: float) -> None:
        """Two sets of see-through bands: where they cross, the colour is fuller, as in woven cloth."""
        self._bands(brush, place, turn, 130)
        self._bands(brush, place, turn + 90, 130)

    def _figures(self, brush: ImageDraw.ImageDraw, place: Place, turn: float) -> None:
        """A staggered grid. Only figures that the piece can show are placed; all of them took longer than the photo."""
        rows = np.arange(-_REACH, _REACH, self.step * 0.87)
        columns = np.arange(-_REACH, _REACH, self.step)
        middles = _turned(
            np.array([(x + row % 2 * self.step / 2, y) for row, y in enumerate(rows) for x in columns]), turn
        )
        figure = self.figure * (self.step * self.share)
        width, height = brush.im.size
        margin = 50  # pixels: half a figure may still peep in
        for middle, (x, y) in zip(middles, place(middles), strict=True):
            if -margin < x < width + margin and -margin < y < height + margin:
                brush.polygon(place(figure + middle), fill=self.accent.base)


def _turned(points: Points, degrees: float) -> Points:
    angle = math.radians(degrees)
    x, y = points[:, 0], points[:, 1]
    return np.stack([x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)], axis=1)


def cloth(pattern: str, accent: Paint, dice: Random) -> Cloth:
    """One product's pattern: its scale, its direction, its little figure."""
    figure = dice.choice(_FIGURES)()
    turn = dice.choice((0.0, 0.0, 90.0)) if pattern == "striped" else dice.choice((0.0, 0.0, 45.0))
    step, share = {
        "striped": (dice.uniform(10, 22), dice.uniform(0.26, 0.38)),
        "checked": (dice.uniform(18, 30), dice.uniform(0.17, 0.25)),
        "printed": (dice.uniform(17, 26), dice.uniform(0.19, 0.25)),
    }.get(pattern, (20.0, 0.3))
    return Cloth(pattern, accent, step, share, turn, figure)
