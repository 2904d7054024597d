"""What the shape of a product is drawn with: cloth, parts, seams and stitches at a spot. No product shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from PIL import ImageDraw

from captioning.data.drawing_canvas import Canvas, Weave
from captioning.data.drawing_cloth import Cloth
from captioning.data.drawing_palette import RGB, Paint
from captioning.data.drawing_paths import Points, Spot

_MIDDLE = Spot()


@dataclass(frozen=True, slots=True)
class Sketch:
    """A canvas, the product's own paint and cloth, and the dice that give it its proportions."""

    canvas: Canvas
    paint: Paint
    cloth: Cloth
    dice: Random
    spot: Spot = _MIDDLE

    def at(self, spot: Spot) -> Sketch:
        """The same, drawn somewhere else: the second shoe of a pair."""
        return replace(self, spot=spot)

    def cut(self, points: Points, folds: Sequence[Points] = (), turn: float = 0.0, relief: float = 0.8) -> None:
        """A piece of the product's own cloth, pattern and all."""
        weave = self.cloth.weave(turn)
        placed = None if weave is None else self._placed(weave)
        self.canvas.piece(self.spot(points), self.paint, relief, [self.spot(fold) for fold in folds], placed)

    def part(self, points: Points, paint: Paint, relief: float = 0.8) -> None:
        """A plain piece in a paint of its own: a sole, a buckle, a lining."""
        self.canvas.piece(self.spot(points), paint, relief, (), None)

    def seam(self, points: Points, width: float = 1.0) -> None:
        self.canvas.seam(self.spot(points), self.paint.seam, width)

    def line(self, points: Points, colour: RGB, width: float) -> None:
        self.canvas.seam(self.spot(points), colour, width)

    def stitches(self, points: Points, colour: RGB | None = None) -> None:
        self.canvas.stitches(self.spot(points), colour or self.paint.seam, 0.9, 2.6)

    def glow(self, points: Points, colour: RGB, opacity: float, softness: float = 3.0) -> None:
        self.canvas.glow(self.spot(points), colour, opacity, softness)

    def _placed(self, weave: Weave) -> Weave:
        def drawn(brush: ImageDraw.ImageDraw, place: Callable[[Points], list[tuple[float, float]]]) -> None:
            weave(brush, lambda points: place(self.spot(points)))

        return drawn
