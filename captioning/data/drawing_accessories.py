"""The shapes of watch, sunglasses, cap, tie and scarf."""

from __future__ import annotations

import math

import numpy as np

from captioning.data.drawing_palette import GOLD, STEEL, Paint
from captioning.data.drawing_paths import Points, box, curve, mirrored, moved, oval, ribbon
from captioning.data.drawing_sketch import Sketch


def watch(sketch: Sketch) -> None:
    metal = sketch.dice.choice((STEEL, GOLD, STEEL))
    radius = sketch.dice.uniform(46, 56)
    for flip in (1, -1):
        strap = mirrored(f"M 0 {radius - 8} L {radius * 0.62} {radius - 8} L 24 156 Q 22 166 0 166") * (1, flip)
        sketch.cut(strap, relief=1.0)
        sketch.stitches(curve(f"M {radius * 0.52} {radius + 8} L 19 156") * (1, flip))
        sketch.stitches(curve(f"M {-radius * 0.52} {radius + 8} L -19 156") * (1, flip))
    for y in (104, 120, 136):
        sketch.part(oval(0, y, 2.6, 3.2), sketch.paint.toned(0.7), relief=0.2)
    sketch.part(box(-27, -174, 27, -158, 4), metal)
    sketch.part(box(-20, -170, 20, -162, 2), sketch.paint, relief=0.3)
    sketch.part(box(radius - 2, -8, radius + 9, 8, 2), metal)
    sketch.part(oval(0, 0, radius, radius), metal, relief=1.0)
    _dial(sketch, radius * 0.84, metal)


def _dial(sketch: Sketch, radius: float, metal: Paint) -> None:
    face = sketch.paint if sketch.dice.random() < 0.7 else Paint((246, 245, 240))
    ink = (246, 246, 242) if sum(face.base) < 420 else (44, 46, 56)
    sketch.part(oval(0, 0, radius, radius), face, relief=0.45)
    for hour in range(12):
        angle = math.radians(30 * hour)
        way = np.array([math.sin(angle), -math.cos(angle)])
        sketch.line(
            np.array([way * radius * (0.76 if hour % 3 else 0.68), way * radius * 0.90]), ink, 2.4 if hour % 3 else 3.6
        )
    minutes = sketch.dice.randrange(60)
    for turn, reach, width in ((305 + minutes / 2, 0.48, 4.2), (minutes * 6, 0.72, 2.8)):
        angle = math.radians(turn)
        sketch.line(
            np.array([(0, 0), (math.sin(angle) * radius * reach, -math.cos(angle) * radius * reach)]), ink, width
        )
    sketch.part(oval(0, 0, 3.6, 3.6), metal)
    sketch.glow(
        curve(f"M {-radius * 0.7} {-radius * 0.6} L {radius * 0.1} {-radius * 0.95} L {-radius * 0.5} {radius * 0.8}"),
        (255, 255, 255),
        0.16,
        3,
    )


_LENSES = (
    "M 10 -24 Q 50 -40 98 -30 Q 108 -26 106 -8 Q 100 34 60 36 Q 20 34 12 4 Q 8 -12 10 -24",
    "M 12 -10 C 14 -42 96 -44 100 -6 C 102 42 14 44 12 -10",
    "M 10 -26 L 102 -34 Q 110 -32 108 -20 L 100 24 Q 98 34 86 34 L 28 32 Q 18 30 16 20 L 10 -26",
)


def sunglasses(sketch: Sketch) -> None:
    lens = curve(sketch.dice.choice(_LENSES))
    middle = lens.mean(axis=0)
    for flip in (1, -1):
        temple = curve("M 102 -18 L 78 -78 Q 74 -90 64 -84 Q 58 -80 58 -70") * (flip, 1)
        sketch.part(ribbon(temple, 10, 6), sketch.paint.toned(0.25))
    sketch.part(ribbon(curve("M -16 -14 Q 0 -30 16 -14"), 10), sketch.paint)
    glass = sketch.paint.toned(0.24)
    for flip in (1, -1):
        rim = lens * (flip, 1)
        sketch.part((rim - middle * (flip, 1)) * 1.13 + middle * (flip, 1), sketch.paint, relief=1.0)
        sketch.part((rim - middle * (flip, 1)) * 0.87 + middle * (flip, 1), glass, relief=0.35)
        pane = (rim - middle * (flip, 1)) * 0.87 + middle * (flip, 1)
        x, _ = pane.mean(axis=0).tolist()
        sketch.glow(pane * (1, 0.5) + (0, 15), sketch.paint.lit, 0.45, 9)
        sketch.glow(np.array([(x - 20, -22), (x - 4, -24), (x - 22, 20), (x - 32, 12)]), (255, 255, 255), 0.42, 2)
        sketch.part(oval(96 * flip, -22, 2.4, 2.4), STEEL)


def cap(sketch: Sketch) -> None:
    """Turned a little to the left, brim in front."""
    high = sketch.dice.uniform(-92, -78)
    sketch.cut(
        curve(f"M -84 30 C -92 {high * 0.8} -40 {high} 8 {high} C 64 {high} 100 -40 98 34 Q 40 48 -84 30"), relief=1.0
    )
    for bend, reach in ((-46, -54), (46, 62)):
        sketch.seam(curve(f"M 6 {high + 1} Q {bend} {high * 0.5} {reach} 36"), 1.3)
    sketch.seam(curve(f"M 6 {high + 1} Q 2 {high * 0.5} 0 40"), 1.3)
    for x, y in ((-44, -30), (46, -26)):
        sketch.part(oval(x, y, 3, 3), sketch.paint.toned(0.5), relief=0.3)
    sketch.part(oval(6, high - 1, 8, 5), sketch.paint.toned(0.2))
    brim = curve("M -86 24 Q -20 48 58 36 Q 44 70 -18 82 Q -96 92 -128 66 Q -134 48 -86 24")
    sketch.cut(brim, relief=1.0)
    for shrink in (0.92, 0.82):
        sketch.stitches((brim[15:44] - (-40, 50)) * shrink + (-40, 48))
    if sketch.dice.random() < 0.6:
        badge = Paint((246, 244, 238)) if min(sketch.paint.base) < 190 else Paint((70, 84, 120))
        sketch.part(oval(-12, -16, 17, 15), badge, relief=0.4)
        sketch.part(curve("M -21 -9 L -12 -26 L -3 -9"), sketch.paint.toned(0.15), relief=0.3)


def tie(sketch: Sketch) -> None:
    wide = sketch.dice.uniform(28, 38)
    tail = curve("M 4 -110 L 16 -110 L 30 118 L 18 132 L 4 118")
    sketch.part(tail, sketch.paint.toned(0.3))
    sketch.part(ribbon(curve("M -20 -150 Q 0 -186 20 -150"), 12), sketch.paint.toned(0.3))
    blade = mirrored(f"M 0 -122 L 9 -122 Q 14 -60 {wide} 128 L 0 {128 + wide}")
    sketch.cut(blade, [curve("M 1 -112 Q 4 -60 -4 20"), curve("M 8 -100 Q 16 0 16 90")], turn=38)
    sketch.cut(mirrored("M 0 -158 Q 16 -160 21 -152 L 11 -118 Q 6 -114 0 -114"), turn=-30, relief=1.0)


def scarf(sketch: Sketch) -> None:
    """Looped once, both ends hanging."""
    length, lean = sketch.dice.uniform(120, 156), sketch.dice.uniform(4, 14)
    sketch.part(oval(0, -92, 56, 38), sketch.paint.toned(0.42), relief=0.6)
    ends = (
        curve(f"M -4 -60 L 46 -66 Q 58 20 {54 + lean} {length - 16} L {4 + lean} {length - 8} Q 6 20 -4 -60"),
        curve(f"M -46 -66 L 8 -60 Q 2 30 {-6 - lean} {length} L {-60 - lean} {length - 8} Q -52 20 -46 -66"),
    )
    for end, turn in zip(ends, (-4, 5), strict=True):
        _fringe(sketch, end)
        x = float(end[:, 0].mean())
        sketch.cut(
            end,
            [curve(f"M {x - 8} -40 Q {x - 4} 40 {x - 8} 96"), curve(f"M {x + 10} -40 Q {x + 14} 30 {x + 10} 110")],
            turn=turn,
        )
    sketch.cut(_LOOP, [curve("M -56 -74 Q -10 -28 54 -68"), curve("M -44 -56 Q 4 -18 48 -52")], turn=-12, relief=1.0)


_LOOP = curve(
    "M -70 -92 Q -74 -58 -44 -40 Q 0 -20 46 -42 Q 76 -62 70 -94 Q 66 -112 54 -120 Q 42 -126 40 -118 Q 50 -92 24 -80"
    "Q 0 -72 -24 -80 Q -50 -92 -40 -118 Q -42 -126 -54 -120 Q -66 -112 -70 -92"
)


def _fringe(sketch: Sketch, end: Points) -> None:
    low = end[end[:, 1] > end[:, 1].max() - 12]
    left, right = low[low[:, 0].argmin()], low[low[:, 0].argmax()]
    for share in np.linspace(0.04, 0.96, 11):
        root = left + (right - left) * share
        thread = np.array([moved(root, 0, -4), moved(root, sketch.dice.uniform(-2, 2), 16)])
        sketch.part(ribbon(thread, 2.6), sketch.paint, relief=0.3)
