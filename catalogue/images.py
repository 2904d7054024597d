"""A photo's bytes made safe: type by content, limits, upright, sRGB, on white. Pure; stores nothing, starts no process.

`decode` may meet anything a stranger can upload: run it in a child (catalogue/decoding.py), never in a server thread.
Its one output picture, the working copy, is what everything after reads.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

import pi_heif
from PIL import AvifImagePlugin, Image, UnidentifiedImageError

from catalogue import colour
from catalogue.containers import is_whole
from catalogue.errors import ImageRejected, PhotoTooLarge

WORKING_SIDE: Final = 1280
ACCEPTED: Final = "JPEG, PNG, WebP, GIF, AVIF or HEIC"
TOO_MUCH_MEMORY: Final = "too-much-memory"

# JPEG's opener answers as MPO where a camera put several pictures in one file; the first is the photo.
MEDIA_TYPES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}
_OPENERS: Final = [name for name in MEDIA_TYPES if name != "MPO"]
_STRANGERS: Final = (
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML text or SVG drawing"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)
_EXIF_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# One thread: the pool of children is the parallelism. Thumbnails, depth maps and the like are of no use here.
pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a photo may be: bytes of the file, pixels of the picture, pixels of its shorter side."""

    max_bytes: int
    max_pixels: int
    min_side: int = 32


@dataclass(frozen=True, slots=True)
class Decoded:
    """A photo as the catalogue keeps it: width and height are the original's, upright; the hash has 63 bits."""

    media_type: str
    width: int
    height: int
    working_copy: bytes
    difference_hash: int


@dataclass(frozen=True, slots=True)
class _Read:
    """What a decoder gave: pixels (a JPEG's perhaps smaller already), the true size as stored, and how to turn it."""

    image: Image.Image
    format: str
    size: tuple[int, int]
    orientation: int


def decode(path: Path, limits: Limits) -> Decoded:
    """Read a photo of unknown origin once.

    Raises:
        ImageRejected: it is no photo, broken, cut short, too small, has too many pixels or needs too much memory.
        PhotoTooLarge: it has more bytes than the limit.
    """
    _check_bytes(path, limits)
    with warnings.catch_warnings():
        # Decoders warn about corrupt metadata and large pictures: the one is harmless, the other is checked here.
        warnings.simplefilter("ignore")
        try:
            read = _read(path, limits)
            image = _working_picture(read)
        except MemoryError:
            raise _too_much_memory() from None
    width, height = read.size if read.orientation < 5 else read.size[::-1]
    return Decoded(MEDIA_TYPES[read.format], width, height, _as_jpeg(image, quality=88), _difference_hash(image))


def open_working_copy(working_copy: bytes, at_least: int | None = None) -> Image.Image:
    """The working copy as an RGB picture.

    With `at_least` it may come at a half, quarter or eighth of its size, as long as no side falls below that: the JPEG
    decoder shrinks while it reads, which saves most of the time.
    """
    with Image.open(io.BytesIO(working_copy), formats=["JPEG"]) as image:
        if at_least is not None:
            image.draft(None, (at_least, at_least))
        return image.convert("RGB")


def rendition(working_copy: bytes, width: int, media_type: Literal["image/jpeg", "image/webp"]) -> bytes:
    """The picture `width` pixels wide, or as wide as it is when that is less; without metadata."""
    with Image.open(io.BytesIO(working_copy), formats=["JPEG"]) as image:
        if width >= image.width and media_type == "image/jpeg":
            return working_copy
        width = min(width, image.width)
        size = (width, max(1, round(image.height * width / image.width)))
        image.draft(None, size)
        smaller = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if media_type == "image/jpeg":
        return _as_jpeg(smaller, quality=85)
    buffer = io.BytesIO()
    smaller.save(buffer, "WEBP", quality=80, method=4)
    return buffer.getvalue()


def _check_bytes(path: Path, limits: Limits) -> None:
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise ImageRejected("empty", f"The file is empty (0 bytes). Send a {ACCEPTED} photo.")
    if size_bytes > limits.max_bytes:
        raise PhotoTooLarge(
            f"The photo has {size_bytes:,} bytes; the limit is {limits.max_bytes:,}. Send a smaller file."
        )


def _read(path: Path, limits: Limits) -> _Read:
    try:
        with path.open("rb") as file, Image.open(file, formats=_OPENERS) as image:
            _check_pixels(*image.size, limits)
            _check_whole(file, image)
            return _load(image)
    except (ImageRejected, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(_pixels_named_in(error), limits) from error
    except UnidentifiedImageError as error:
        raise _stranger(path) from error
    except Exception as error:  # decoders fed with hostile bytes raise every type there is
        raise _broken("picture") from error


def _load(image: Image.Image) -> _Read:
    pillow_format = str(image.format)
    rawmode = colour.rawmode(image)
    if pillow_format in ("JPEG", "MPO"):
        size = image.size
        image.draft(None, _fitted(size))
        image.load()
    else:
        image.load()
        size = image.size  # a HEIC's own turn shows only now
    return _Read(colour.eight_bits(image, rawmode), pillow_format, size, _orientation(image))


def _working_picture(read: _Read) -> Image.Image:
    """Flat, small, in sRGB and upright, in the order that handles the fewest pixels."""
    image = colour.on_white(read.image)
    fitted = _fitted(read.size)
    if image.size != fitted:
        image = image.resize(fitted, Image.Resampling.LANCZOS, reducing_gap=3.0)
    image = colour.to_srgb(image, read.image.info.get("icc_profile"))
    turn = _TURNS.get(read.orientation)
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8. EXIF alone, as browsers do: a stale one in XMP would turn an upright picture, and
    AVIF and HEIC turn by boxes of their own, which Pillow reports as EXIF (AVIF) or has applied already (HEIC)."""
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif") or b"")
        orientation = exif.get(_EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a corrupt EXIF block raises anything, and must not cost the photo
        return 1
    return orientation if isinstance(orientation, int) and orientation in _TURNS else 1


def _fitted(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, WORKING_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _as_jpeg(image: Image.Image, quality: int) -> bytes:
    image.info = {}  # else Pillow would carry the comment over
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return buffer.getvalue()


def _difference_hash(image: Image.Image) -> int:
    """Which of 7 × 9 neighbours is brighter: nearly the same for the same picture at other sizes and qualities."""
    grey = image.convert("L").resize((10, 7), Image.Resampling.BOX).tobytes()
    bits = (grey[row * 10 + column] > grey[row * 10 + column + 1] for row in range(7) for column in range(9))
    return sum(1 << place for place, bit in enumerate(bits) if bit)


def _check_pixels(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        raise _too_many_pixels(width * height, limits)
    if min(width, height) < limits.min_side:
        raise ImageRejected(
            "too-small",
            f"The photo is {width} × {height} pixels; each side needs at least {limits.min_side}. Send a larger one.",
        )


def _check_whole(file: BinaryIO, image: Image.Image) -> None:
    if not is_whole(file, image.format):
        raise _broken(f"{image.format} file")


def _pixels_named_in(error: Image.DecompressionBombError) -> int | None:
    """Pillow refuses from 179 million pixels on before it lets one read the size: only its message has the number."""
    number = re.search(r"(\d+) pixels", str(error))
    return int(number[1]) if number else None


def _too_many_pixels(pixels: int | None, limits: Limits) -> ImageRejected:
    count = "too many" if pixels is None else f"{pixels:,}"
    return ImageRejected(
        "too-many-pixels", f"The photo has {count} pixels; the limit is {limits.max_pixels:,}. Send a smaller one."
    )


def _too_much_memory() -> ImageRejected:
    return ImageRejected(
        TOO_MUCH_MEMORY,
        f"Reading the photo takes more memory than one photo may have. Save it again, smaller, as {ACCEPTED} "
        "and send that.",
    )


def _broken(kind: str) -> ImageRejected:
    return ImageRejected(
        "broken", f"The {kind} is broken or cut short. Save it again as {ACCEPTED} and send the whole file."
    )


def _stranger(path: Path) -> ImageRejected:
    with path.open("rb") as file:
        start = file.read(64).lstrip().lower()
    kind = next((name for prefix, name in _STRANGERS if start.startswith(prefix.lower())), None)
    what = f"The file is {kind}, not a photo" if kind else "The file is no photo, or its beginning is broken"
    return ImageRejected("not-a-photo", f"{what}. Send a {ACCEPTED} photo.")
