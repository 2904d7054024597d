"""The pixels of a drawing: shaded pieces, seams, glints, the ground and its shadow. It knows no product."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from captioning.data.drawing_palette import RGB, Paint, mix
from captioning.data.drawing_paths import Camera, Points, between, moved

# Draws a pattern on a piece: the brush, and the way from product units to the piece's pixels.
Weave = Callable[[ImageDraw.ImageDraw, Callable[[Points], list[tuple[float, float]]]], None]

FRAME_WIDTH, FRAME_HEIGHT = 300, 400
_OVERSIZE = 2


class Canvas:
    """One picture in the making, drawn twice too large and shrunk at the end for smooth edges."""

    def __init__(self, size: int, camera: Camera) -> None:
        self.size = (size * FRAME_WIDTH // FRAME_HEIGHT, size)
        self.unit = size * _OVERSIZE / FRAME_HEIGHT
        self.camera = camera
        large = (self.size[0] * _OVERSIZE, self.size[1] * _OVERSIZE)
        self.product = Image.new("RGB", large)
        self.coverage = Image.new("L", large)

    def piece(self, points: Points, paint: Paint, relief: float, folds: Sequence[Points], weave: Weave | None) -> None:
        """A closed, softly rounded part of the product, covering what lies beneath it.

        Args:
            relief: 0 (flat as paper) to 1 (a cushion).
            folds: lines along which the cloth dips.
            weave: draws the pattern, or None for plain cloth.
        """
        outline = self._pixels(points)
        area = self._area(outline)
        if area is None:
            return
        shape = Image.new("L", (area[2] - area[0], area[3] - area[1]))
        ImageDraw.Draw(shape).polygon([(x - area[0], y - area[1]) for x, y in outline], fill=255)
        tile = Image.new("RGB", shape.size, paint.base)
        if weave is not None:
            brush = ImageDraw.Draw(tile, "RGBA")
            weave(brush, lambda some: [(x - area[0], y - area[1]) for x, y in self._pixels(some)])
        dips = [[(x - area[0], y - area[1]) for x, y in self._pixels(fold)] for fold in folds]
        shadow, light = self._shading(shape, relief, dips)
        tile.paste(paint.deep, mask=shadow)
        tile.paste(paint.lit, mask=light)
        self.product.paste(tile, area[:2], shape)
        self.coverage.paste(255, area[:2], shape)
        self._stroke(outline + outline[:2], paint.edge, 0.9)

    def seam(self, points: Points, colour: RGB, width: float) -> None:
        """A line on the product."""
        self._stroke(self._pixels(points), colour, width)

    def stitches(self, points: Points, colour: RGB, width: float, length: float) -> None:
        """A dashed line: every other `length` units."""
        pixels = np.array(self._pixels(points))
        way = float(np.linalg.norm(np.diff(pixels, axis=0), axis=1).sum())
        ends = between(pixels, 2 * max(2, round(way / self.unit / length / 2)))
        brush = ImageDraw.Draw(self.product)
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            brush.line([*start, *end], fill=colour, width=max(1, round(width * self.unit)))

    def glow(self, points: Points, colour: RGB, opacity: float, softness: float) -> None:
        """A soft patch of light or of shade, on the product only."""
        outline = self._pixels(points)
        margin = 2 * softness * self.unit
        area = self._area(outline, margin)
        if area is None:
            return
        size = (area[2] - area[0], area[3] - area[1])
        patch = Image.new("L", self._small(size))
        ImageDraw.Draw(patch).polygon(
            [((x - area[0]) / self.unit, (y - area[1]) / self.unit) for x, y in outline], fill=round(255 * opacity)
        )
        patch = patch.filter(ImageFilter.GaussianBlur(softness)).resize(size, Image.Resampling.BILINEAR)
        self.product.paste(colour, area[:2], ImageChops.multiply(patch, self.coverage.crop(area)))

    def finished(self, ground: RGB, grain: Image.Image) -> Image.Image:
        """The product on its ground, with the shadow it casts, in the wanted size."""
        large = self.product.size
        backdrop = Image.new("RGB", large, ground)
        falloff = Image.linear_gradient("L").resize(large).point(_faded(0.10))
        backdrop.paste(mix(ground, (90, 96, 116), 0.5), mask=falloff)
        backdrop.paste(mix(ground, (52, 56, 78), 0.8), mask=self._shadow().resize(large, Image.Resampling.BILINEAR))
        backdrop.paste(self.product, mask=self.coverage)
        picture = backdrop.resize(self.size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        coverage = self.coverage.resize(self.size, Image.Resampling.BOX)
        threads = grain.resize(self.size, Image.Resampling.BILINEAR)
        return Image.composite(ImageChops.add(picture, _grey(threads), offset=-128), picture, coverage)

    def _shadow(self) -> Image.Image:
        """Two layers, both down and to the right: a wide pale one and a tight one where the product touches."""
        small = self.coverage.resize((FRAME_WIDTH, FRAME_HEIGHT), Image.Resampling.BOX)
        wide = _shifted(small, 5, 10).filter(ImageFilter.GaussianBlur(11)).point(_faded(0.26))
        tight = _shifted(small, 1, 3).filter(ImageFilter.GaussianBlur(2.5)).point(_faded(0.30))
        return ImageChops.lighter(wide, tight)

    def _shading(
        self, shape: Image.Image, relief: float, dips: Sequence[list[tuple[float, float]]]
    ) -> tuple[Image.Image, Image.Image]:
        """Shadow and light of a rounded piece lit from the upper left, as two masks.

        Made at one pixel a unit: soft by nature, so nothing is lost, and the picture costs the same at any size."""
        small = self._small(shape.size)
        radius = min(14.0, max(1.5, 0.13 * min(small)))
        pad = round(3 * radius) + 4
        soft = Image.new("L", (small[0] + 2 * pad, small[1] + 2 * pad))
        soft.paste(shape.resize(small, Image.Resampling.BOX), (pad, pad))
        soft = soft.filter(ImageFilter.GaussianBlur(radius))
        reach = round(radius * 0.7)
        shadow = _shifted(soft, -reach, -reach).point(_faded(0.62 * relief)[::-1])
        light = _shifted(soft, reach, reach).point(_faded(0.55 * relief)[::-1])
        if dips:
            valley, ridge = self._dips(soft.size, pad, dips)
            shadow, light = ImageChops.add(shadow, valley), ImageChops.add(light, ridge)
        inner = (pad, pad, pad + small[0], pad + small[1])
        smooth = Image.Resampling.BILINEAR
        return shadow.crop(inner).resize(shape.size, smooth), light.crop(inner).resize(shape.size, smooth)

    def _dips(
        self, size: tuple[int, int], pad: int, dips: Sequence[list[tuple[float, float]]]
    ) -> tuple[Image.Image, Image.Image]:
        """Each fold is a dark valley with a bright ridge beside it."""
        valley = Image.new("L", size)
        brush = ImageDraw.Draw(valley)
        for dip in dips:
            brush.line([(x / self.unit + pad, y / self.unit + pad) for x, y in dip], fill=120, width=3, joint="curve")
        valley = valley.filter(ImageFilter.GaussianBlur(2.2))
        return valley, _shifted(valley, -4, -1).point(_faded(0.55))

    def _pixels(self, points: Points) -> list[tuple[float, float]]:
        placed = (moved(self.camera(points), FRAME_WIDTH / 2, FRAME_HEIGHT / 2)) * self.unit
        return [(x, y) for x, y in placed.tolist()]

    def _area(self, outline: list[tuple[float, float]], margin: float = 1.0) -> tuple[int, int, int, int] | None:
        """The part of the canvas that an outline touches, or None when it lies outside."""
        xs, ys = [x for x, _ in outline], [y for _, y in outline]
        left, top = max(0, int(min(xs) - margin)), max(0, int(min(ys) - margin))
        right = min(self.product.width, int(max(xs) + margin) + 1)
        bottom = min(self.product.height, int(max(ys) + margin) + 1)
        return (left, top, right, bottom) if right > left and bottom > top else None

    def _small(self, size: tuple[int, int]) -> tuple[int, int]:
        return max(1, round(size[0] / self.unit)), max(1, round(size[1] / self.unit))

    def _stroke(self, pixels: list[tuple[float, float]], colour: RGB, width: float) -> None:
        ImageDraw.Draw(self.product).line(pixels, fill=colour, width=max(1, round(width * self.unit)), joint="curve")


def _shifted(image: Image.Image, x: int, y: int) -> Image.Image:
    """Moved without wrapping round."""
    moved = Image.new(image.mode, image.size)
    moved.paste(image, (x, y))
    return moved


def _faded(share: float) -> list[int]:
    """A table for `point`: every level times `share`; reversed, it fades the negative."""
    return [int(level * share + 0.5) for level in range(256)]


def _grey(image: Image.Image) -> Image.Image:
    return Image.merge("RGB", (image, image, image))
