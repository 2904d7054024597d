"""The colours of the drawings: the thirteen names, their natural spread, and the tones a colour casts. No shapes."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from random import Random

RGB = tuple[int, int, int]

PALETTE: dict[str, RGB] = {
    "black": (36, 36, 40),
    "white": (247, 247, 245),
    "grey": (142, 145, 150),
    "navy blue": (30, 44, 88),
    "blue": (58, 118, 204),
    "red": (204, 38, 46),
    "green": (48, 136, 82),
    "yellow": (246, 206, 58),
    "orange": (240, 128, 40),
    "pink": (242, 146, 178),
    "purple": (124, 74, 164),
    "brown": (116, 74, 46),
    "beige": (222, 200, 164),
}

# How far hue, saturation and value may wander before a person would say another name (fractions of the full range).
_SPREAD: dict[str, tuple[float, float, float]] = {
    "black": (0.3, 0.02, 0.03),
    "white": (0.3, 0.01, 0.01),
    "grey": (0.3, 0.02, 0.09),
    "navy blue": (0.012, 0.05, 0.03),
    "blue": (0.016, 0.13, 0.08),
    "red": (0.010, 0.06, 0.08),
    "green": (0.035, 0.12, 0.09),
    "yellow": (0.012, 0.10, 0.03),
    "orange": (0.010, 0.08, 0.04),
    "pink": (0.020, 0.09, 0.04),
    "purple": (0.022, 0.10, 0.09),
    "brown": (0.012, 0.08, 0.07),
    "beige": (0.010, 0.05, 0.04),
}

_PALE_GROUNDS: tuple[RGB, ...] = (
    (254, 254, 254),
    (249, 249, 250),
    (251, 248, 244),
    (245, 248, 251),
    (250, 246, 248),
    (246, 249, 246),
)
# White on white is a ghost: pale products stand on a ground a few steps darker.
_TINTED_GROUNDS: tuple[RGB, ...] = ((221, 227, 234), (228, 222, 219), (216, 226, 222), (226, 220, 231), (219, 221, 225))
_PALE_COLOURS = frozenset({"white", "beige", "yellow"})


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """The colour `share` of the way from `a` to `b`."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour and the tones that light makes of it."""

    base: RGB

    @property
    def is_dark(self) -> bool:
        red, green, blue = self.base
        return 0.30 * red + 0.59 * green + 0.11 * blue < 75

    @property
    def deep(self) -> RGB:
        """In the fold. Pale colours fall to a cool grey rather than to mud."""
        return mix(self.base, (84, 90, 108), 0.42) if min(self.base) > 200 else mix(self.base, (10, 10, 20), 0.52)

    @property
    def lit(self) -> RGB:
        """Where light falls on it."""
        return mix(self.base, (255, 255, 255), 0.30 if self.is_dark else 0.45)

    @property
    def edge(self) -> RGB:
        """The outline."""
        return mix(self.base, (30, 34, 50), 0.42 if min(self.base) > 200 else 0.55)

    @property
    def seam(self) -> RGB:
        """A seam is darker than the cloth; on dark cloth that would not be seen, so it is lighter there."""
        return mix(self.base, (255, 255, 255), 0.24) if self.is_dark else mix(self.base, (20, 20, 36), 0.32)

    def toned(self, share: float) -> Paint:
        """A sister colour, darker by that share. Pale ones go half as far: white shoes have no grey lining."""
        return Paint(mix(self.base, (14, 14, 24), share * 0.5 if min(self.base) > 200 else share))


GOLD = Paint((206, 168, 92))
STEEL = Paint((186, 191, 198))
RUBBER = Paint((240, 239, 235))
GUM = Paint((188, 140, 92))


def tinted(colour: str, dice: Random) -> Paint:
    """The named colour as one dye lot has it."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in PALETTE[colour]))
    hue_spread, saturation_spread, value_spread = _SPREAD[colour]
    hue = (hue + dice.uniform(-hue_spread, hue_spread)) % 1.0
    saturation = min(1.0, max(0.0, saturation + dice.uniform(-saturation_spread, saturation_spread)))
    value = min(0.985, max(0.10, value + dice.uniform(-value_spread, value_spread)))
    red, green, blue = (round(255 * channel) for channel in colorsys.hsv_to_rgb(hue, saturation, value))
    return Paint((red, green, blue))


# What a stripe or a print is made of: never a colour that could be taken for the product's own.
_ACCENTS: dict[str, tuple[RGB, ...]] = {
    "black": ((236, 236, 232), (150, 150, 156)),
    "white": ((44, 60, 104), (84, 106, 150), (44, 44, 50)),
    "grey": ((244, 244, 242), (70, 72, 80)),
    "navy blue": ((240, 240, 236), (168, 190, 220)),
    "blue": ((246, 247, 248), (24, 42, 92)),
    "red": ((250, 246, 240), (92, 12, 24)),
    "green": ((244, 246, 236), (18, 64, 42)),
    "yellow": ((255, 252, 240), (132, 96, 20)),
    "orange": ((255, 246, 232), (140, 56, 12)),
    "pink": ((255, 246, 248), (168, 44, 92)),
    "purple": ((240, 232, 246), (62, 28, 92)),
    "brown": ((232, 216, 192), (58, 32, 18)),
    "beige": ((250, 246, 238), (134, 102, 66)),
}


def accent(colour: str, dice: Random) -> Paint:
    """The second colour of a striped, checked or printed product."""
    return Paint(dice.choice(_ACCENTS[colour]))


def ground(colour: str, dice: Random) -> RGB:
    """A ground that lets the product stand out."""
    return dice.choice(_TINTED_GROUNDS if colour in _PALE_COLOURS else _PALE_GROUNDS)
