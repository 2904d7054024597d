"""Any picture Pillow decodes made plain: 8 bits, on white, sRGB. Knows nothing of files, limits or orientation."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

from PIL import Image, ImageCms, ImageFile

_MODES_OF_PROFILES: Final = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_KEY_SCALES: Final = {"L;2": 85, "L;4": 17}


def rawmode(image: Image.Image) -> str:
    """How the file stores its pixels, as Pillow names it ("RGB;16B"); empty where there is no such name. Ask before
    loading: Pillow forgets it then."""
    if not isinstance(image, ImageFile.ImageFile) or not image.tile:
        return ""
    args = image.tile[0].args
    return args if isinstance(args, str) else ""


def eight_bits(image: Image.Image, rawmode: str) -> Image.Image:
    """The loaded picture with 8 bits a channel: scaled, where Pillow's own conversion of 16-bit grey clips to white.

    A PNG's transparent colour is scaled likewise, since Pillow leaves it in the file's own depth.
    """
    eight = image
    if image.mode.startswith("I;16"):
        order = "L;16B" if image.mode.endswith("B") else "L;16"
        eight = Image.frombytes("L", image.size, image.tobytes(), "raw", order)
        eight.info = dict(image.info)
    key = eight.info.get("transparency")
    if isinstance(key, int | tuple):
        eight.info["transparency"] = _scaled_key(key, rawmode)
    return eight


def _scaled_key(key: int | tuple[int, ...], rawmode: str) -> int | tuple[int, ...]:
    if ";16" in rawmode:
        return key >> 8 if isinstance(key, int) else tuple(value >> 8 for value in key)
    return key * _KEY_SCALES[rawmode] if isinstance(key, int) and rawmode in _KEY_SCALES else key


def on_white(image: Image.Image) -> Image.Image:
    """The picture without alpha or palette, as L, RGB or CMYK, transparent parts white."""
    grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        wanted = "LA" if grey else "RGBA"
        seen = image if image.mode == wanted else image.convert(wanted)
        flat = Image.new("L" if grey else "RGB", image.size, "white")
        flat.paste(seen, mask=seen)  # no channel split: at 64 megapixels each copy is a quarter of a gigabyte
        return flat
    if grey:
        return image.convert("L")
    return image if image.mode == "CMYK" else image.convert("RGB")


def to_srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """RGB for the screen, through the picture's own profile where it has one that can be read and fits its pixels."""
    if icc_profile:
        try:
            return _through_profile(image, icc_profile)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken profile is common and must not cost the photo: the pixels are taken as they are
    return image.convert("RGB")


def _through_profile(image: Image.Image, icc_profile: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
    mode = _MODES_OF_PROFILES.get(profile.profile.xcolor_space.strip())
    if image.mode == "L" and mode == "RGB":  # a grey JPEG that kept its camera's profile
        image = image.convert("RGB")
    if mode != image.mode:
        raise ValueError("the profile is for pixels of another kind")
    converted = ImageCms.profileToProfile(image, profile, _srgb(), ImageCms.Intent.PERCEPTUAL, outputMode="RGB")
    if converted is None:
        raise ValueError("nothing was converted")
    return converted


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
