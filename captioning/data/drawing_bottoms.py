"""The shapes of jeans, trousers, shorts, skirt and socks."""

from __future__ import annotations

import numpy as np

from captioning.data.drawing_palette import GOLD, Paint
from captioning.data.drawing_paths import Points, Spot, box, curve, mirrored, moved, oval, reflect, ribbon
from captioning.data.drawing_sketch import Sketch

_THREAD = (222, 170, 92)
_CORD = Paint((238, 237, 232))


def _legs(waist: float, hip: float, knee: float, ankle: float, bottom: float, gap: float) -> tuple[Points, Points]:
    """Both legs, right one first; half widths from the middle line outwards."""
    leg = curve(
        f"M -1 -160 L {waist} -160 Q {hip + 3} -120 {hip} -84 Q {knee + gap + 6} 10 {ankle + gap} {bottom}"
        f"L {gap} {bottom + 2} Q {gap - 2} 10 1 -66 L -1 -66"
    )
    return leg, reflect(leg)


def _waistband(sketch: Sketch, waist: float, height: float) -> None:
    sketch.cut(box(-waist - 2, -172, waist + 2, -172 + height, 2), relief=0.5)
    for x in (-0.72, -0.26, 0.26, 0.72):
        sketch.cut(box(x * waist - 2, -172.5, x * waist + 2, -170 + height, 1), relief=0.5)


def _leg_folds(knee: float, bottom: float) -> list[Points]:
    right = [
        curve("M 8 -72 Q 26 -66 44 -78"),
        curve("M 8 -62 Q 24 -50 38 -54"),
        curve(f"M {knee - 20} 18 Q {knee} 28 {knee + 14} 18"),
        curve(f"M {knee - 18} {bottom - 18} Q {knee} {bottom - 10} {knee + 10} {bottom - 20}"),
    ]
    return right + [reflect(fold) for fold in right]


def jeans(sketch: Sketch) -> None:
    dice = sketch.dice
    waist, bottom = dice.uniform(48, 56), dice.uniform(150, 174)
    ankle = dice.uniform(30, 46)
    legs = _legs(waist, waist + 12, 44, ankle, bottom, dice.uniform(8, 15))
    folds = _leg_folds(40, bottom)
    for leg in legs:
        sketch.cut(leg, folds)
    for flip in (1, -1):
        # The wash: worn pale along the thigh, as denim is.
        sketch.glow(oval(36 * flip, -34, 13, 52), sketch.paint.lit, 0.55, 9)
        sketch.stitches(moved(legs[0][16:30], -4, 0) * (flip, 1), _THREAD)
        sketch.seam(curve(f"M {waist * 0.5} -158 Q {waist * 0.62} -128 {waist + 7} -126") * (flip, 1), 1.4)
        sketch.stitches(curve(f"M {waist * 0.44} -158 Q {waist * 0.58} -122 {waist + 8} -121") * (flip, 1), _THREAD)
        hem = np.array([moved(legs[0][29], -2, -8), moved(legs[0][30], 2, -8)])
        sketch.stitches(hem * (flip, 1), _THREAD)
    sketch.seam(np.array([(0, -160), (0, -66)]), 1.6)
    sketch.stitches(curve("M 12 -158 L 12 -108 Q 11 -92 1 -88"), _THREAD)
    _waistband(sketch, waist, 15)
    sketch.stitches(np.array([(-waist, -160), (waist, -160)]), _THREAD)
    sketch.part(oval(0, -164.5, 4.2, 4.2), GOLD)


def trousers(sketch: Sketch) -> None:
    dice = sketch.dice
    waist, bottom = dice.uniform(44, 50), dice.uniform(158, 176)
    gap, ankle = dice.uniform(9, 14), dice.uniform(28, 36)
    for leg in _legs(waist, waist + 10, 38, ankle, bottom, gap):
        sketch.cut(leg, _leg_folds(38, bottom)[:2])
    for flip in (1, -1):
        # The pressed crease is what tells trousers from jeans at a glance.
        crease = curve(f"M {waist * 0.5} -150 Q {waist * 0.62} -40 {gap + ankle * 0.52} {bottom - 2}") * (flip, 1)
        sketch.seam(crease, 1.5)
        sketch.glow(ribbon(moved(crease, -4 * flip, 0), 4), sketch.paint.lit, 0.35, 2.5)
        sketch.seam(np.array([(waist * 0.66, -157), (waist + 5, -112)]) * (flip, 1), 1.6)
    sketch.seam(curve("M 0 -158 L 0 -66"), 1.3)
    sketch.cut(box(-waist - 2, -172, waist + 2, -157, 2), relief=0.5)
    sketch.part(box(-7, -168, 5, -161, 1.5), sketch.paint.toned(0.3), relief=0.5)


def shorts(sketch: Sketch) -> None:
    dice = sketch.dice
    waist, length, flare = dice.uniform(64, 72), dice.uniform(66, 104), dice.uniform(90, 104)
    leg = curve(
        f"M -1 -82 L {waist} -82 Q {flare - 6} -30 {flare} {length} Q {flare * 0.6} {length + 9} 14 {length + 8}"
        "Q 10 60 1 26 L -1 26"
    )
    folds = [curve("M 8 22 Q 34 28 58 14"), curve(f"M 40 40 Q 50 60 46 {length}")]
    for side in (leg, reflect(leg)):
        sketch.cut(side, folds + [reflect(fold) for fold in folds])
    for flip in (1, -1):
        sketch.seam(curve(f"M {waist * 0.62} -80 Q {waist * 0.8} -40 {flare - 7} -22") * (flip, 1), 1.6)
        hem = curve(f"M {flare - 1} {length - 10} Q {flare * 0.6} {length - 2} 14 {length - 3}") * (flip, 1)
        sketch.stitches(hem)
    sketch.seam(np.array([(0, -82), (0, 26)]), 1.4)
    sketch.cut(box(-waist - 2, -98, waist + 2, -80, 3), relief=0.6)
    if dice.random() < 0.5:
        cord = _CORD if min(sketch.paint.base) <= 200 else Paint((150, 150, 158))
        for flip in (1, -1):
            sketch.part(ribbon(curve("M 4 -88 Q 14 -66 9 -40") * (flip, 1), 3.4), cord, relief=0.5)
    else:
        sketch.part(oval(0, -89, 4, 4), sketch.paint.toned(0.4))


def skirt(sketch: Sketch) -> None:
    dice = sketch.dice
    waist, length = dice.uniform(46, 54), dice.uniform(50, 128)
    flare = dice.uniform(62, 78) if dice.random() < 0.35 else dice.uniform(98, 124)
    sketch.cut(
        mirrored(
            f"M 0 -104 L {waist} -104 Q {waist + 16} -50 {flare} {length} Q {flare * 0.82} {length + 12} {flare * 0.6}"
            f" {length + 6} Q {flare * 0.4} {length + 2} {flare * 0.25} {length + 12} Q 8 {length + 15} 0 {length + 8}"
        ),
        [
            curve(f"M {waist * s} -92 Q {waist * s * 1.35} -40 {flare * s} {length}")
            for s in (-0.8, -0.52, -0.24, 0.06, 0.36, 0.66)
        ],
    )
    sketch.cut(box(-waist - 2, -120, waist + 2, -102, 3), relief=0.6)
    if dice.random() < 0.4:
        for y in np.arange(-88, length, 24):
            sketch.part(oval(0, y, 3.4, 3.4), GOLD)


def socks(sketch: Sketch) -> None:
    height = sketch.dice.uniform(60, 108)
    for spot in (Spot(38, -16, 1.0, 5), Spot(-34, 14, 1.0, -3)):
        _sock(sketch.at(spot), height)


def _sock(sketch: Sketch, height: float) -> None:
    trim = sketch.paint.toned(0.24)
    sketch.cut(
        curve(
            f"M 24 {-height} L 26 24 Q 30 60 6 84 Q -22 108 -58 112 Q -78 110 -78 92 Q -76 74 -52 66 Q -26 54 -22 20"
            f"L -20 {-height}"
        ),
        [curve("M -20 28 Q 0 40 22 30"), curve("M -18 40 Q 2 54 20 48")],
    )
    sketch.part(curve("M -40 110 Q -58 114 -66 111 Q -79 106 -78 92 Q -76 76 -56 68 Q -42 88 -40 110"), trim)
    sketch.part(curve("M 27 36 Q 28 66 6 84 Q -2 66 8 50 Q 16 40 27 36"), trim)
    sketch.part(box(-23, -height - 16, 27, -height + 8, 4), trim)
    for x in np.arange(-18, 26, 5.0):
        sketch.line(np.array([(x, -height - 13), (x, -height + 5)]), trim.seam, 0.9)
