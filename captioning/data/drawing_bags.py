"""The shapes of handbag, backpack, wallet and belt."""

from __future__ import annotations

import numpy as np

from captioning.data.drawing_palette import GOLD, STEEL
from captioning.data.drawing_paths import Points, box, curve, mirrored, moved, oval, ribbon
from captioning.data.drawing_sketch import Sketch


def handbag(sketch: Sketch) -> None:
    if sketch.dice.random() < 0.5:
        _tote(sketch)
    else:
        _flap_bag(sketch)


def _tote(sketch: Sketch) -> None:
    wide, low = sketch.dice.uniform(84, 98), sketch.dice.uniform(96, 112)
    reach = sketch.dice.uniform(-128, -96)
    back = curve(f"M -40 -22 C -44 {reach - 20} 44 {reach - 20} 40 -22")
    sketch.part(ribbon(back, 8), sketch.paint.toned(0.35))
    sketch.cut(
        mirrored(
            f"M 0 -34 L {wide - 12} -34 Q {wide - 2} 30 {wide} {low - 14} Q {wide} {low} {wide - 14} {low} L 0 {low}"
        ),
        [curve(f"M {wide - 30} -28 Q {wide - 24} 30 {wide - 34} {low - 10}")],
        relief=1.0,
    )
    sketch.seam(curve(f"M {15 - wide} -18 L {wide - 15} -18"), 1.2)
    for flip in (1, -1):
        sketch.seam(curve(f"M {wide - 30} -33 Q {wide - 18} 30 {wide - 18} {low - 2}") * (flip, 1), 1.3)
        sketch.cut(box(31, -30, 49, 2, 3) * (flip, 1), relief=0.6)
        sketch.stitches(box(33.5, -27, 46.5, -0.5, 2) * (flip, 1))
        sketch.part(oval(40 * flip, -24, 7, 7), GOLD)
    sketch.cut(ribbon(curve(f"M -40 -24 C -46 {reach} 46 {reach} 40 -24"), 9), relief=0.9)
    sketch.part(box(-15, 12, 15, 24, 3), GOLD)
    sketch.glow(
        curve(f"M {14 - wide} -14 L {44 - wide} -14 L {36 - wide} {low - 20} L {10 - wide} {low - 20}"),
        (255,) * 3,
        0.16,
        8,
    )


def _flap_bag(sketch: Sketch) -> None:
    wide, low = sketch.dice.uniform(82, 96), sketch.dice.uniform(66, 84)
    high = sketch.dice.uniform(-150, -110)
    sketch.part(
        ribbon(curve(f"M {12 - wide} -34 C {-wide * 0.7} {high} {wide * 0.7} {high} {wide - 12} -34"), 9),
        sketch.paint.toned(0.18),
    )
    sketch.cut(
        mirrored(
            f"M 0 -46 L {wide - 14} -46 Q {wide} -44 {wide} -28 L {wide + 3} {low - 18}"
            f"Q {wide + 2} {low} {wide - 18} {low} L 0 {low}"
        ),
        relief=1.0,
    )
    flap = mirrored(
        f"M 0 -48 L {wide - 14} -48 Q {wide + 1} -46 {wide + 1} -30 Q {wide - 4} 10 {wide * 0.5} 22"
        f"Q {wide * 0.2} 29 0 30"
    )
    sketch.cut(flap, relief=1.0)
    sketch.stitches(flap * (0.95, 0.92) - (0, 2))
    for flip in (1, -1):
        sketch.part(oval((wide - 13) * flip, -38, 7, 7), GOLD)
    sketch.part(box(-13, 18, 13, 42, 4), GOLD)
    sketch.part(box(-5, 26, 5, 36, 2), sketch.paint.toned(0.4), relief=0.4)


def backpack(sketch: Sketch) -> None:
    wide, low = sketch.dice.uniform(72, 82), sketch.dice.uniform(112, 126)
    for flip in (1, -1):
        strap = curve(f"M 40 -108 C 116 -96 112 40 {wide} 84") * (flip, 1)
        sketch.part(ribbon(strap, 17, 9), sketch.paint.toned(0.3))
    sketch.part(ribbon(curve("M -20 -124 C -20 -160 20 -160 20 -124"), 9), sketch.paint.toned(0.3))
    body = mirrored(
        f"M 0 -132 C {wide} -132 {wide} -84 {wide} -50 L {wide + 4} {low - 26}"
        f"Q {wide + 2} {low} {wide - 22} {low} L 0 {low}"
    )
    sketch.cut(body, relief=1.0)
    _zip(sketch, curve(f"M {6 - wide} -34 C {6 - wide} -118 {wide - 6} -118 {wide - 6} -34"))
    pocket = mirrored(
        f"M 0 4 L {wide - 24} 4 Q {wide - 10} 4 {wide - 10} 22 L {wide - 8} {low - 26} Q {wide - 10} {low - 9}"
        f" {wide - 28} {low - 9} L 0 {low - 9}"
    )
    sketch.cut(pocket, relief=1.0)
    _zip(sketch, curve(f"M {18 - wide} 24 Q 0 16 {wide - 18} 24"))
    sketch.part(box(-17, -56, 17, -30, 4), sketch.paint.toned(0.32), relief=0.5)
    sketch.stitches(box(-14, -53, 14, -33, 3))


def _zip(sketch: Sketch, line: Points) -> None:
    sketch.line(line, sketch.paint.edge, 5)
    sketch.line(line, STEEL.base, 1.6)
    x, y = line[-1].tolist()
    sketch.part(box(x - 3, y - 2, x + 3, y + 13, 2.5), STEEL)


def wallet(sketch: Sketch) -> None:
    wide, high = sketch.dice.uniform(92, 106), sketch.dice.uniform(58, 72)
    for lift, tone in ((9, (236, 232, 220)), (5, (214, 224, 214))):
        sketch.line(curve(f"M {8 - wide} {-high - lift + 4} L {wide - 14} {-high - lift + 4}"), tone, 7)
    sketch.part(box(-wide + 2, -high - 6, wide - 2, high - 6, 9), sketch.paint.toned(0.35))
    front = box(-wide, -high, wide, high, 10)
    sketch.cut(front, relief=1.0)
    sketch.stitches(front * (0.94, 0.91))
    sketch.glow(
        curve(f"M {-wide} {-high} L {-wide * 0.2} {-high} L {-wide * 0.6} {high} L {-wide} {high}"),
        (255,) * 3,
        0.14,
        10,
    )
    if sketch.dice.random() < 0.6:
        sketch.cut(
            curve(f"M {wide + 2} -17 L {wide - 34} -17 Q {wide - 52} 0 {wide - 34} 17 L {wide + 2} 17"), relief=0.9
        )
        sketch.part(oval(wide - 34, 0, 7, 7), STEEL)
    else:
        sketch.part(box(-wide + 18, high - 34, -wide + 46, high - 20, 2), GOLD, relief=0.6)


def belt(sketch: Sketch) -> None:
    """Rolled up and seen from a little above, buckle to the front."""
    metal = sketch.dice.choice((GOLD, STEEL))
    width, wide = sketch.dice.uniform(30, 40), 108.0
    sketch.part(_rolled(wide, 34, width, 180, 360), sketch.paint.toned(0.42), relief=0.7)
    sketch.part(moved(_rolled(wide - 16, 26, width, 180, 360), 4, 8), sketch.paint.toned(0.26), relief=0.7)
    front = _rolled(wide, 40, width, 0, 180)
    sketch.cut(front, relief=1.0)
    for edge in (5.0, width - 5.0):
        sketch.stitches(oval(0, edge - width / 2, wide - 3, 40, 6, 174))
    for x in (34, 52, 70):
        y = 40 * np.sqrt(1 - (x / wide) ** 2)
        sketch.part(oval(x, y, 2.4, 3), sketch.paint.toned(0.7), relief=0.2)
    frame = box(-42, 38 - width * 0.72, 6, 38 + width * 0.72, 6)
    sketch.part(frame, metal)
    sketch.part(box(-34, 38 - width * 0.5, -2, 38 + width * 0.5, 3), sketch.paint, relief=0.5)
    sketch.part(ribbon(np.array([(-38.0, 38.0), (10.0, 39.0)]), 5), metal)
    sketch.cut(box(14, 40 - width * 0.6, 24, 38 + width * 0.6, 2), relief=0.7)


def _rolled(radius_x: float, radius_y: float, width: float, start: float, end: float) -> Points:
    """A band standing on its edge along part of an ellipse."""
    arc = oval(0, 0, radius_x, radius_y, start, end)
    return np.vstack([moved(arc, 0, -width / 2), moved(arc, 0, width / 2)[::-1]])
