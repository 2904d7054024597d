"""Turns a picture of any size and mode into the encoder's square of pixels; owns no tensors, imports no torch."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_WHITE = (255, 255, 255)


def square_pixels(image: Image.Image, size: int) -> NDArray[np.uint8]:
    """Pad a picture to a square with its border's colour and resize it.

    Shop photos are mostly 3:4 on white: squashing them would teach the model other proportions than it meets, and
    white bars around a grey studio ground would be an edge that is not there.

    Args:
        image: any size, any mode; orientation already applied.
        size: side of the square.
    Returns:
        pixels: (size, size, 3) uint8, RGB.
    """
    picture = to_rgb(image)
    width, height = picture.size
    scale = size / max(width, height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = picture.resize(inner, Image.Resampling.BILINEAR, reducing_gap=2.0)
    canvas = Image.new("RGB", (size, size), border_colour(resized))
    canvas.paste(resized, ((size - inner[0]) // 2, (size - inner[1]) // 2))
    return np.asarray(canvas, dtype=np.uint8)


def to_rgb(image: Image.Image) -> Image.Image:
    """Return the picture as RGB: alpha flattened on white, sixteen bits scaled to eight instead of clipped."""
    if image.mode in _SIXTEEN_BIT:
        deep = np.asarray(image.convert("I"), dtype=np.int32)
        return Image.fromarray((deep >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, (*_WHITE, 255))
        return Image.alpha_composite(ground, layered).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def border_colour(picture: Image.Image) -> tuple[int, int, int]:
    """Return the median colour of an RGB picture's outermost rows and columns."""
    pixels = np.asarray(picture)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = np.median(border, axis=0).astype(int)
    return int(red), int(green), int(blue)
