"""The door to the drawn product photos: which there are, and how one is rendered. Shapes are in the drawing_* files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image

from captioning.data.drawing_accessories import cap, scarf, sunglasses, tie, watch
from captioning.data.drawing_bags import backpack, belt, handbag, wallet
from captioning.data.drawing_bottoms import jeans, shorts, skirt, socks, trousers
from captioning.data.drawing_canvas import Canvas
from captioning.data.drawing_cloth import cloth
from captioning.data.drawing_palette import accent, ground, tinted
from captioning.data.drawing_paths import Camera
from captioning.data.drawing_product import COLOURS, KINDS, PATTERNS, Drawing, View, dice, random_drawing, second_view
from captioning.data.drawing_samples import sample_catalogue
from captioning.data.drawing_shoes import casual_shoes, heels, sandals
from captioning.data.drawing_sketch import Sketch
from captioning.data.drawing_tops import dress, jacket, shirt, sweater, t_shirt

__all__ = [
    "COLOURS",
    "KINDS",
    "PATTERNS",
    "Drawing",
    "random_drawing",
    "render",
    "sample_catalogue",
    "second_view",
]


@dataclass(frozen=True, slots=True)
class _Model:
    """How a kind is drawn, and where the camera stands so that it fills the frame (measured over 30 of each)."""

    draw: Callable[[Sketch], None]
    zoom: float
    middle_x: float
    middle_y: float


_MODELS: dict[str, _Model] = {
    "t-shirt": _Model(t_shirt, 0.98, 0, -7),
    "shirt": _Model(shirt, 0.98, 0, -19),
    "dress": _Model(dress, 1.06, 0, -3),
    "jeans": _Model(jeans, 1.02, 0, -4),
    "trousers": _Model(trousers, 1.02, 0, -2),
    "shorts": _Model(shorts, 1.22, 0, -2),
    "skirt": _Model(skirt, 1.08, 0, -9),
    "sweater": _Model(sweater, 0.9, 0, -21),
    "jacket": _Model(jacket, 0.92, 0, -23),
    "handbag": _Model(handbag, 1.26, 0, -10),
    "backpack": _Model(backpack, 1.18, 0, -18),
    "watch": _Model(watch, 1.04, 4, -4),
    "sunglasses": _Model(sunglasses, 1.14, 0, -27),
    "casual shoes": _Model(casual_shoes, 0.98, 2, -10),
    "heels": _Model(heels, 1.0, -3, -1),
    "sandals": _Model(sandals, 1.16, 0, 5),
    "cap": _Model(cap, 1.13, -16, -3),
    "belt": _Model(belt, 1.18, 0, 6),
    "wallet": _Model(wallet, 1.18, 0, -3),
    "tie": _Model(tie, 1.04, 0, -7),
    "scarf": _Model(scarf, 1.18, 0, 13),
    "socks": _Model(socks, 1.24, -17, 5),
}

# Cloth shows its threads, smooth things hardly any (levels of 255, standard deviation).
_SMOOTH = frozenset({"watch", "sunglasses", "heels", "sandals", "handbag", "wallet", "belt"})


def render(drawing: Drawing, size: int = 640) -> Image.Image:
    """The photo as RGB, `size` pixels high and three quarters of that wide; the same drawing gives the same bytes."""
    luck = dice(drawing.seed, f"camera {drawing.view}")
    model = _MODELS[drawing.kind]
    canvas = Canvas(size, _camera(drawing.view, luck, model))
    make = dice(drawing.seed, "make")
    paint = tinted(drawing.colour, make)
    weave = cloth(drawing.pattern, accent(drawing.colour, make), make)
    model.draw(Sketch(canvas, paint, weave, make))
    grain = _grain(luck, 1 if drawing.kind in _SMOOTH else 3)
    return canvas.finished(ground(drawing.colour, luck), grain)


def _camera(view: View, luck: Random, model: _Model) -> Camera:
    """Straight from the front with a steady hand, or nearer and from the side."""
    if view == "front":
        turn, zoom, yaw, pitch = luck.uniform(-3, 3), model.zoom * luck.uniform(0.93, 1.03), 0.0, 0.0
    else:
        side = luck.choice((-1, 1))
        turn, zoom = side * luck.uniform(6, 13), model.zoom * luck.uniform(1.06, 1.18)
        yaw, pitch = side * luck.uniform(16, 28), luck.uniform(-12, 6)
    return Camera(
        turn=turn,
        scale=zoom,
        shift_x=luck.uniform(-5, 5) - model.middle_x * zoom,
        shift_y=luck.uniform(-5, 5) - model.middle_y * zoom,
        yaw=yaw,
        pitch=pitch,
    )


def _grain(luck: Random, spread: int) -> Image.Image:
    """Fine noise around mid grey, at one pixel a unit."""
    noise = Image.frombytes("L", (300, 400), luck.randbytes(300 * 400))
    return noise.point([128 + round((value - 128) * spread * 1.7 / 128) for value in range(256)])
