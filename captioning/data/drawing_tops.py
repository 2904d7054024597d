"""The shapes of t-shirt, shirt, sweater, jacket and dress."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from captioning.data.drawing_palette import GOLD, RUBBER, STEEL, Paint
from captioning.data.drawing_paths import Points, box, curve, mirrored, moved, oval, reflect, ribbon
from captioning.data.drawing_sketch import Sketch


@dataclass(frozen=True, slots=True)
class _Top:
    """The pattern pieces of a top, laid flat; half widths and heights in units."""

    neck: float
    neckline: float  # height of its lowest point
    shoulder: float
    chest: float
    waist: float
    hem: float
    top: float
    armpit: float
    bottom: float

    def body(self) -> Points:
        middle = (self.armpit + self.bottom) / 2
        return mirrored(
            f"M 0 {self.neckline} Q {self.neck * 0.85} {self.neckline} {self.neck} {self.top}"
            f"L {self.shoulder} {self.top + 15} Q {self.shoulder - 9} {self.armpit - 22} {self.chest} {self.armpit}"
            f"Q {self.waist} {middle} {self.hem} {self.bottom} Q {self.hem / 2} {self.bottom + 4} 0 {self.bottom + 4}"
        )

    def neckline_curve(self) -> Points:
        half = curve(f"M 0 {self.neckline} Q {self.neck * 0.85} {self.neckline} {self.neck} {self.top}")
        return np.vstack([reflect(half)[::-1], half])

    def sleeve(self, length: float, spread: float, cuff: float) -> Points:
        """The right sleeve: `spread` degrees away from hanging straight down, `cuff` wide at its end."""
        angle = math.radians(spread)
        along = np.array([math.sin(angle), math.cos(angle)])
        across = np.array([math.cos(angle), -math.sin(angle)])
        shoulder, armpit = np.array([self.shoulder - 1, self.top + 14]), np.array([self.chest - 2, self.armpit + 4])
        end = (shoulder + armpit) / 2 + along * length
        outer, inner = end + across * cuff / 2, end - across * cuff / 2
        bend = shoulder + along * length * 0.22 + across * 13
        (sx, sy), (ax, ay), (ox, oy), (ix, iy), (bx, by) = (p.tolist() for p in (shoulder, armpit, outer, inner, bend))
        return curve(
            f"M {sx} {sy} Q {bx} {by} {ox} {oy} L {ix} {iy} L {ax} {ay} L {ax - 22} {(sy + ay) / 2} L {sx - 20} {sy}"
        )


def _sleeves(sketch: Sketch, top: _Top, length: float, spread: float, cuff: float) -> None:
    sleeve = top.sleeve(length, spread, cuff)
    outer, inner = sleeve[14], sleeve[15]
    crease = np.array([moved(sleeve[16], 4, -12), moved((sleeve[16] + inner) / 2, 4, -6)])
    angle = math.radians(spread)
    hem = np.array([outer, inner]) - np.array([math.sin(angle), math.cos(angle)]) * 6
    for side, flip in ((sleeve, 1), (reflect(sleeve), -1)):
        sketch.cut(side, folds=[crease * (flip, 1)], turn=-flip * spread * 0.8)
        sketch.seam(hem * (flip, 1), 0.8)


def _inside(sketch: Sketch, top: _Top, rise: float) -> None:
    """The back of the neck, seen through the opening, with its little label."""
    back = mirrored(
        f"M 0 {top.top - rise} Q {top.neck * 0.8} {top.top - rise} {top.neck + 1} {top.top - 1}"
        f"L {top.neck + 3} {top.top + 4}"
        f"Q {top.neck * 0.86} {top.neckline + 3} 0 {top.neckline + 3}"
    )
    sketch.part(back, sketch.paint.toned(0.34), relief=0.3)
    sketch.part(box(-6, top.top - 2, 6, top.top + 5, 1), RUBBER, relief=0.1)


def _body_folds(sketch: Sketch, top: _Top) -> list[Points]:
    lean = sketch.dice.uniform(-8, 8)
    low = top.bottom - 16
    return [
        curve(f"M {top.chest - 14} {top.armpit + 10} Q {top.waist - 26} {top.armpit + 50} {top.waist - 34} {low}"),
        curve(
            f"M {14 - top.chest} {top.armpit + 14} Q {30 - top.waist} {top.armpit + 60} {22 - top.waist + lean} {low}"
        ),
        curve(f"M {lean} {top.armpit + 60} Q {lean + 8} {top.armpit + 90} {lean + 2} {low}"),
    ]


def t_shirt(sketch: Sketch) -> None:
    dice = sketch.dice
    chest = dice.uniform(72, 84)
    neck, depth = dice.choice(((27, 17), (30, 26), (25, 44)))
    top = _Top(
        neck, -128 + depth, chest - 6, chest, chest - 6, chest - dice.uniform(-3, 5), -128, -62, dice.uniform(104, 128)
    )
    _inside(sketch, top, 8)
    _sleeves(sketch, top, dice.uniform(42, 66), dice.uniform(38, 50), 46)
    sketch.cut(top.body(), _body_folds(sketch, top))
    collar = ribbon(top.neckline_curve(), 7)
    sketch.part(collar, sketch.paint.toned(0.10), relief=0.4)
    sketch.seam(curve(f"M {-top.hem + 1} {top.bottom - 7} Q 0 {top.bottom - 2} {top.hem - 1} {top.bottom - 7}"), 0.8)


def shirt(sketch: Sketch) -> None:
    dice = sketch.dice
    chest = dice.uniform(68, 78)
    top = _Top(24, -108, chest - 6, chest, chest - 9, chest - 5, -136, -72, dice.uniform(94, 112))
    _inside(sketch, top, 9)
    if dice.random() < 0.7:
        _sleeves(sketch, top, dice.uniform(166, 182), dice.uniform(11, 19), 27)
    else:
        _sleeves(sketch, top, dice.uniform(52, 64), dice.uniform(30, 40), 42)
    sketch.cut(top.body(), _body_folds(sketch, top))
    sketch.cut(box(-6.5, -108, 6.5, top.bottom + 3, 1), relief=0.45)
    for y in np.arange(-92, top.bottom - 8, 27):
        _button(sketch, 0, y)
    if dice.random() < 0.6:
        pocket = curve("M 24 -50 L 52 -50 L 52 -22 L 38 -14 L 24 -22")
        sketch.cut(pocket, relief=0.4)
        sketch.seam(curve("M 24 -44 L 52 -44"), 0.8)
    wing = curve("M 0 -107 L 25 -141 Q 31 -142 32 -134 L 27 -88 L 6 -104")
    for side in (wing, reflect(wing)):
        sketch.cut(side, turn=35, relief=0.5)


def _button(sketch: Sketch, x: float, y: float) -> None:
    paint = RUBBER if min(sketch.paint.base) <= 190 else Paint((196, 190, 180))
    sketch.part(oval(x, y, 2.9, 2.9), paint, relief=0.5)
    sketch.line(oval(x, y, 0.7, 0.7), paint.deep, 0.8)


def sweater(sketch: Sketch) -> None:
    dice = sketch.dice
    chest = dice.uniform(72, 82)
    depth = dice.choice((16, 20, 46))
    top = _Top(27, -126 + depth, chest - 5, chest, chest - 2, chest - 10, -126, -60, dice.uniform(72, 88))
    _inside(sketch, top, 11)
    _sleeves(sketch, top, dice.uniform(150, 164), dice.uniform(13, 22), 30)
    sketch.cut(top.body(), _body_folds(sketch, top), relief=1.0)
    if sketch.cloth.pattern == "plain":
        _cables(sketch, top)
    _ribbing(sketch, curve(f"M {-top.hem} {top.bottom + 6} L {top.hem} {top.bottom + 6}"), 17)
    _ribbing(sketch, top.neckline_curve(), 11)


def _cables(sketch: Sketch, top: _Top) -> None:
    """Knitted ribs down the body, broken into small stitches."""
    for x in np.arange(-top.waist + 12, top.waist - 8, 9.0):
        high = top.neckline + 12 if abs(x) < top.neck + 6 else top.top + 30
        sketch.stitches(np.array([(x, high), (x, top.bottom - 8)]))


def _ribbing(sketch: Sketch, middle: Points, width: float) -> None:
    """A knitted band with its ribs across."""
    band = sketch.paint.toned(0.08)
    outline = ribbon(middle, width)
    sketch.part(outline, band, relief=0.7)
    half = len(middle)
    steps = max(1, half // 16)
    one, other = outline[:half], outline[half:][::-1]
    if half == 2:
        one, other = (np.linspace(edge[0], edge[1], 36) for edge in (one, other))
    for start, end in zip(one[::steps], other[::steps], strict=True):
        sketch.line(np.array([start, end]), band.seam, 0.8)


def jacket(sketch: Sketch) -> None:
    dice = sketch.dice
    chest = dice.uniform(72, 82)
    top = _Top(25, -100, chest - 5, chest, chest - 7, chest - 6, -134, -68, dice.uniform(78, 98))
    _inside(sketch, top, 9)
    _sleeves(sketch, top, dice.uniform(160, 174), dice.uniform(12, 19), 31)
    sketch.cut(top.body(), _body_folds(sketch, top), relief=1.0)
    if dice.random() < 0.5:
        _blazer_front(sketch, top)
    else:
        _bomber_front(sketch, top)


def _blazer_front(sketch: Sketch, top: _Top) -> None:
    sketch.part(mirrored("M 0 -134 L 24 -134 L 17 -70 L 0 -18"), RUBBER, relief=0.3)
    sketch.part(mirrored("M 0 -130 L 5 -128 L 7 -80 L 0 -30"), sketch.paint.toned(0.45), relief=0.4)
    lapel = curve("M 0 -14 L 22 -136 L 31 -140 Q 40 -120 38 -104 L 47 -92 Q 34 -50 2 -12")
    for side, turn in ((lapel, -20), (reflect(lapel), 20)):
        sketch.cut(side, turn=turn, relief=0.6)
    sketch.seam(curve(f"M 0 -12 Q 3 40 -3 {top.bottom + 3}"), 1.4)
    for y in (6, 38):
        sketch.part(oval(6, y, 4, 4), sketch.paint.toned(0.4), relief=0.8)
    for flip in (1, -1):
        sketch.cut(box(24, 48, 58, 58, 2) * (flip, 1), relief=0.6)


def _bomber_front(sketch: Sketch, top: _Top) -> None:
    _ribbing(sketch, curve(f"M {-top.hem} {top.bottom + 5} L {top.hem} {top.bottom + 5}"), 18)
    _ribbing(sketch, curve("M -27 -138 Q -20 -98 0 -98 Q 20 -98 27 -138"), 15)
    sketch.line(np.array([(0, -92), (0, top.bottom + 13)]), sketch.paint.edge, 5)
    sketch.line(np.array([(0, -92), (0, top.bottom + 13)]), STEEL.base, 2.2)
    sketch.part(box(-2.6, -88, 2.6, -74, 2), STEEL)
    for flip in (1, -1):
        sketch.line(np.array([(56, 28), (40, 70)]) * (flip, 1), sketch.paint.edge, 3.4)
        sketch.line(np.array([(56, 28), (40, 70)]) * (flip, 1), STEEL.base, 1.2)
        sketch.seam(np.array([(13, -94), (top.chest - 6, -72)]) * (flip, 1), 0.9)


def dress(sketch: Sketch) -> None:
    dice = sketch.dice
    waist, flare = dice.uniform(38, 46), dice.uniform(82, 118)
    hem, high = dice.uniform(120, 168), -150
    if dice.random() < 0.5:
        top = _Top(26, high + dice.uniform(26, 44), 50, 52, waist, waist, high, -96, -30)
        _inside(sketch, top, 9)
        _sleeves(sketch, top, dice.uniform(26, 60), dice.uniform(26, 40), 36)
        sketch.cut(_skirt(waist, flare, hem), _pleats(sketch, waist, flare, hem))
        sketch.cut(top.body(), relief=0.9)
    else:
        for flip in (1, -1):
            sketch.cut(ribbon(curve("M 31 -104 Q 30 -135 24 -158") * (flip, 1), 6), relief=0.6)
        sketch.cut(_skirt(waist, flare, hem), _pleats(sketch, waist, flare, hem))
        sketch.cut(mirrored(f"M 0 -92 Q 14 -112 34 -108 Q 50 -100 50 -84 Q 42 -60 {waist} -30 L 0 -26"), relief=0.9)
    if dice.random() < 0.6:
        sketch.part(box(-waist - 1, -34, waist + 1, -23, 2), sketch.paint.toned(0.36), relief=0.7)
        sketch.part(box(-6, -35, 6, -22, 2), GOLD, relief=0.8)
    else:
        sketch.seam(curve(f"M {-waist} -30 Q 0 -24 {waist} -30"), 1.2)


def _skirt(waist: float, flare: float, hem: float) -> Points:
    return mirrored(
        f"M 0 -32 L {waist} -32 Q {waist + 12} 10 {flare} {hem} Q {flare * 0.8} {hem + 12} {flare * 0.62} {hem + 6}"
        f"Q {flare * 0.4} {hem + 2} {flare * 0.26} {hem + 11} Q {flare * 0.1} {hem + 16} 0 {hem + 8}"
    )


def _pleats(sketch: Sketch, waist: float, flare: float, hem: float) -> list[Points]:
    folds = []
    for share in (-0.78, -0.5, -0.2, 0.12, 0.44, 0.74):
        share += sketch.dice.uniform(-0.06, 0.06)
        folds.append(curve(f"M {waist * share} -20 Q {waist * share * 1.3} 30 {flare * share} {hem - 4}"))
    return folds
