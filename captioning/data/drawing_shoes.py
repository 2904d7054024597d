"""The shapes of casual shoes, heels and sandals: always a pair."""

from __future__ import annotations

import numpy as np

from captioning.data.drawing_palette import GOLD, GUM, RUBBER, Paint
from captioning.data.drawing_paths import Spot, box, curve, moved, oval, ribbon
from captioning.data.drawing_sketch import Sketch

_BACK = Spot(26, -50, 0.92)
_FRONT = Spot(-10, 34)


def casual_shoes(sketch: Sketch) -> None:
    sole = sketch.dice.choice((RUBBER, RUBBER, GUM))
    for spot in (_BACK, _FRONT):
        _sneaker(sketch.at(spot), sole)


def _sneaker(sketch: Sketch, sole: Paint) -> None:
    """From the side, toe to the left."""
    lace = Paint((250, 250, 247)) if min(sketch.paint.base) < 200 else Paint((178, 182, 190))
    sketch.part(curve("M 26 -52 Q 60 -66 100 -54 Q 96 -40 60 -36 Q 34 -40 26 -52"), sketch.paint.toned(0.45))
    sketch.part(curve("M -6 -30 Q 8 -62 34 -70 Q 46 -66 44 -52 L 20 -26"), sketch.paint.toned(0.18))
    sketch.cut(
        curve(
            "M -118 36 Q -122 8 -92 2 Q -50 -6 -14 -36 Q 4 -52 26 -54 Q 44 -40 62 -40 Q 82 -42 100 -58"
            "Q 110 -56 110 -40 Q 116 0 116 36"
        ),
        [curve("M -60 -2 Q -46 12 -48 28"), curve("M -34 -14 Q -22 2 -26 24")],
        relief=1.0,
    )
    sketch.part(curve("M 84 34 Q 84 -10 102 -42 L 110 -40 Q 116 0 116 36"), sketch.paint.toned(0.22), relief=0.6)
    sketch.part(curve("M -118 36 Q -122 8 -92 2 Q -82 0 -74 -3 Q -58 12 -60 36"), sketch.paint.toned(0.16))
    sketch.stitches(curve("M -14 -18 Q 16 -14 22 34"))
    sketch.seam(curve("M -22 -28 Q 8 -18 40 -40"), 1.2)
    for x, y in ((-30, -20), (-18, -29), (-6, -38), (6, -46)):
        sketch.part(ribbon(np.array([(x, y), (x + 15, y + 13)]), 5.4), lace, relief=0.5)
    sketch.part(curve("M -124 34 Q 0 40 120 34 Q 124 50 114 58 Q 0 62 -112 58 Q -126 52 -124 34"), sole)
    sketch.line(curve("M -122 46 Q 0 52 119 46"), sole.seam, 1.2)


def heels(sketch: Sketch) -> None:
    rise = sketch.dice.uniform(0.85, 1.12)
    strap = sketch.dice.random() < 0.4
    for spot in (Spot(34, -44, 0.94), Spot(-16, 36)):
        _pump(sketch.at(spot), rise)
        if strap:
            _ankle_strap(sketch.at(spot), rise)


def _pump(sketch: Sketch, rise: float) -> None:
    """From the side, toe to the left; `rise` stretches the heel."""
    up = np.array([1.0, rise])
    sketch.part(curve("M 70 -34 Q 92 -28 98 -30 Q 92 20 86 74 L 78 74 Q 80 10 62 -4") * up, sketch.paint.toned(0.2))
    sketch.part(curve("M 8 6 Q 40 -34 94 -58 Q 70 -30 40 -4") * up, sketch.paint.toned(0.5), relief=0.4)
    sketch.cut(
        curve(
            "M -118 66 Q -112 46 -84 34 Q -66 28 -50 18 Q -20 34 16 10 Q 50 -20 72 -60 Q 92 -76 98 -64 Q 104 -40 97 -18"
            "Q 70 -6 40 28 Q 8 66 -30 70 Q -80 74 -118 70"
        )
        * up,
        relief=1.0,
    )
    sketch.glow(curve("M -98 54 Q -70 38 -46 34 Q -60 46 -92 60") * up, (255, 255, 255), 0.5, 3)
    sketch.glow(curve("M 84 -52 Q 92 -58 92 -40 Q 88 -28 80 -24") * up, (255, 255, 255), 0.38, 3)
    sketch.line(curve("M -118 70 Q -80 75 -30 71 Q 8 67 40 29 Q 66 0 92 -14") * up, sketch.paint.edge, 3)


def _ankle_strap(sketch: Sketch, rise: float) -> None:
    up = np.array([1.0, rise])
    sketch.part(ribbon(curve("M 96 -62 Q 66 -84 34 -70 Q 22 -62 28 -54 Q 56 -44 96 -62") * up, 5), sketch.paint, 0.6)
    sketch.part(box(44, -56 * rise, 52, -46 * rise, 2), GOLD)


def sandals(sketch: Sketch) -> None:
    """From above, toes up: a pair is told at once by its straps."""
    style = sketch.dice.choice((_slide, _thong, _slide))
    for spot in (Spot(54, 4, 1, 6), Spot(-54, 4, 1, -6, -1)):
        foot = sketch.at(spot)
        foot.part(moved(_FOOTBED, 3, 5), foot.paint.toned(0.5))
        foot.part(_FOOTBED, foot.paint.toned(0.2), relief=0.9)
        foot.stitches(_FOOTBED * (0.88, 0.94))
        style(foot)


_FOOTBED = curve(
    "M -6 -124 C 30 -132 46 -96 42 -60 C 40 -30 28 -10 30 30 C 34 70 34 118 0 122 C -32 122 -36 84 -34 50"
    "C -32 16 -42 -8 -42 -50 C -42 -92 -30 -120 -6 -124"
)


def _slide(sketch: Sketch) -> None:
    sketch.cut(curve("M -50 -66 Q -4 -96 49 -76 L 47 -46 Q 0 -64 -49 -36"), relief=1.0)
    sketch.cut(curve("M -45 -16 Q -4 -44 40 -30 L 35 0 Q -2 -12 -42 14"), relief=1.0)
    for x, y in ((33, -62), (26, -17)):
        sketch.part(box(x - 7, y - 8, x + 7, y + 8, 3), GOLD)
        sketch.part(box(x - 3, y - 5, x + 3, y + 5, 1), sketch.paint, relief=0.2)


def _thong(sketch: Sketch) -> None:
    for end in ("44 4", "-44 6"):
        side = end.split()[0]
        arch = curve(f"M -4 -86 Q {float(side) * 0.9} -74 {end}")
        sketch.cut(ribbon(arch, 13, 17), relief=1.0)
    sketch.part(oval(-4, -86, 8, 9), sketch.paint.toned(0.25))
    sketch.part(oval(-4, -86, 4, 4), GOLD)
