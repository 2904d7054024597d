"""Files that a stranger might send: bombs, lies, endless frames, polyglots, pieces. Makes them; sends them nowhere."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

PHOTO = frozenset({"photo"})
REFUSED = frozenset({"not-a-photo"})
EITHER = PHOTO | REFUSED  # what counts is that there is an answer
PIECES = 200
FRAMES = 100_000
SIDE_64_MP = 8000


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, and what may become of it: `photo`, or the code of the problem that refuses it."""

    name: str
    content: bytes
    expected: frozenset[str]


def files() -> Iterator[Hostile]:
    """All but the pieces; made one at a time, since some have megabytes."""
    yield from _bombs()
    yield from _lies()
    yield from _metadata()
    yield from _endless()
    yield from _polyglots()


def pieces(whole: bytes) -> list[bytes]:
    """The beginnings of a file that end at 200 places, the last one byte before its end."""
    return [whole[: (place + 1) * (len(whole) - 1) // PIECES] for place in range(PIECES)]


def whole_files() -> dict[str, bytes]:
    """A picture in each format that can be written here (HEIC can only be read)."""
    picture = noise(96, 72)
    return {
        "jpeg": encoded(picture, "JPEG"),
        "progressive jpeg": encoded(picture, "JPEG", progressive=True),
        "png": encoded(picture, "PNG"),
        "webp": encoded(picture, "WEBP"),
        "avif": encoded(picture, "AVIF"),
        "gif": encoded(picture, "GIF"),
    }


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 4 or 1, width // 4 or 1, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _bombs() -> Iterator[Hostile]:
    largest = Image.fromarray(np.random.default_rng(2).integers(0, 255, (400, 400, 3), dtype=np.uint8)).resize(
        (SIDE_64_MP, SIDE_64_MP), Image.Resampling.BILINEAR
    )
    yield Hostile("64-megapixel-progressive.jpg", encoded(largest, "JPEG", quality=80, progressive=True), PHOTO)
    yield Hostile(
        "64-megapixel-flat.png", encoded(Image.new("RGB", largest.size, "red"), "PNG", compress_level=1), PHOTO
    )
    yield Hostile("64-megapixel.webp", encoded(largest, "WEBP", quality=20, method=0), PHOTO)
    yield Hostile("above-64-megapixel.png", encoded(Image.new("L", (SIDE_64_MP, SIDE_64_MP + 1)), "PNG"), REFUSED)
    yield Hostile("bomb-60000.png", _png(60_000, 60_000, _zeros()), REFUSED)
    yield Hostile("bomb-in-a-small.png", _png(64, 64, _zeros()), EITHER)
    yield Hostile("giant-canvas.gif", _gif((65_535, 65_535), (64, 64)), REFUSED)
    yield Hostile("giant-frame.gif", _gif((64, 64), (65_535, 65_535)), REFUSED)
    yield Hostile("scan-bomb.jpg", _scan_bomb(), REFUSED)


def _lies() -> Iterator[Hostile]:
    small = noise(96, 72)
    for width, height in ((65_500, 65_500), (8000, 8000), (96, 8000)):
        jpeg = encoded(small, "JPEG")
        at = jpeg.index(b"\xff\xc0") + 5
        yield Hostile(f"says-{width}x{height}.jpg", _patched(jpeg, at, struct.pack(">HH", height, width)), EITHER)
        png = _png(width, height, zlib.compress(bytes(100)))
        yield Hostile(f"says-{width}x{height}.png", png, REFUSED)
        avif = encoded(small, "AVIF")
        at = avif.index(b"ispe") + 8
        yield Hostile(f"says-{width}x{height}.avif", _patched(avif, at, struct.pack(">II", width, height)), EITHER)
    alpha = small.copy()
    alpha.putalpha(128)
    extended = encoded(alpha, "WEBP")
    at = extended.index(b"VP8X") + 12
    yield Hostile("says-16384.webp", _patched(extended, at, b"\xff\x3f\x00\xff\x3f\x00"), REFUSED)
    yield Hostile("says-32.webp", _patched(extended, at, b"\x1f\x00\x00\x1f\x00\x00"), EITHER)
    riff = encoded(small, "WEBP")
    yield Hostile("says-4-gigabytes.webp", _patched(riff, 4, b"\xfe\xff\xff\xff"), EITHER)


def _metadata() -> Iterator[Hostile]:
    small = noise(96, 72)
    png = encoded(small, "PNG")
    at = png.index(b"IDAT") - 4
    for kind, head in ((b"iCCP", b"icc\0\0"), (b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0")):
        yield Hostile(f"bomb-in-{kind.decode()}.png", png[:at] + chunk(kind, head + _zeros()) + png[at:], EITHER)
    yield Hostile("20-megabytes-of-exif.png", png[:at] + chunk(b"eXIf", b"MM\0*" + bytes(20 << 20)) + png[at:], EITHER)
    many = b"".join(chunk(b"tEXt", b"k\0" + bytes(40)) for _ in range(100_000))
    yield Hostile("100000-texts.png", png[:at] + many + png[at:], EITHER)
    jpeg = encoded(small, "JPEG")
    segments = b"".join(
        b"\xff\xe2" + struct.pack(">H", 65_535) + b"ICC_PROFILE\0" + bytes([part, 255]) + bytes(65_519)
        for part in range(1, 256)
    )
    yield Hostile("16-megabytes-of-icc.jpg", jpeg[:2] + segments + jpeg[2:], PHOTO)
    circular = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\x08"
    exif = b"\xff\xe1" + struct.pack(">H", len(circular) + 2) + circular
    yield Hostile("exif-in-a-circle.jpg", jpeg[:2] + exif + jpeg[2:], PHOTO)
    yield Hostile("300000-comments.jpg", jpeg[:2] + b"\xff\xfe\0\2" * 300_000 + jpeg[2:], EITHER)


def _endless() -> Iterator[Hostile]:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    gif = encoded(noise(64, 64), "GIF")
    yield Hostile("100000-frames.gif", gif[:-1] + frame * FRAMES + b";", PHOTO)
    yield Hostile("no-end-of-frames.gif", gif[:-1] + frame * FRAMES, REFUSED)
    yield Hostile("100000-frames.png", _animated_png(), PHOTO)
    yield Hostile("100000-frames.webp", _animated_webp(), PHOTO)


def _polyglots() -> Iterator[Hostile]:
    small = noise(96, 72)
    jpeg, png, gif = (encoded(small, kind) for kind in ("JPEG", "PNG", "GIF"))
    script = b"<script>alert(1)</script>"
    archive = b"PK\3\4\x14\0\0\0\0\0" + bytes(200) + b"PK\5\6" + bytes(18)
    yield Hostile("jpeg-and-zip.jpg", jpeg + archive, PHOTO)
    yield Hostile("png-and-html.png", png + script, PHOTO)
    yield Hostile("gif-and-javascript.gif", b"GIF89a/*" + gif[8:-1] + b"*/=1;alert(1)//;", EITHER)
    yield Hostile("jpeg-with-php.jpg", jpeg[:2] + b"\xff\xfe\0\x1f<?php system($_GET['c']); ?>\0" + jpeg[2:], EITHER)
    yield Hostile("pdf-and-jpeg.pdf", b"%PDF-1.7\n" + jpeg, REFUSED)
    yield Hostile("bmp-and-png.bmp", b"BM" + bytes(52) + png, REFUSED)
    yield Hostile("tiff-and-jpeg.tif", b"II*\0\x08\0\0\0\0\0\0\0\0\0" + jpeg, REFUSED)
    yield Hostile("svg.jpg", b'<svg xmlns="http://www.w3.org/2000/svg">' + script + b"</svg>", REFUSED)
    yield Hostile(
        "xml-bomb.svg", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "' + b"b" * 9999 + b'">]><svg/>', REFUSED
    )
    yield Hostile("archive.zip", archive, REFUSED)
    yield Hostile("zeros.jpg", bytes(1 << 20), REFUSED)
    yield Hostile("postscript.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(x) run\n", REFUSED)


def _patched(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


@cache
def _zeros() -> bytes:
    """A zlib stream of 200 MB in 200 kB."""
    packer = zlib.compressobj(9)
    block = bytes(1_000_000)
    return b"".join([packer.compress(block) for _ in range(200)]) + packer.flush()


def _png(width: int, height: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _gif(canvas: tuple[int, int], frame: tuple[int, int]) -> bytes:
    palette = bytes(6)
    head = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x80, 0, 0) + palette
    return head + b"\x2c" + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\2\2\x44\1\0;"


def _scan_bomb() -> bytes:
    """A progressive JPEG that gives the same pass over its 64 million pixels again and again."""
    flat = encoded(Image.new("L", (SIDE_64_MP, SIDE_64_MP), 128), "JPEG", progressive=True)
    starts = [at for at in range(len(flat) - 1) if flat[at : at + 2] == b"\xff\xda"]
    scan = flat[starts[1] : starts[2]]
    return flat[: starts[2]] + scan * 20_000 + flat[starts[2] :]


def _animated_png() -> bytes:
    still = encoded(noise(64, 64), "PNG")
    at = still.index(b"IDAT") - 4
    pixel = zlib.compress(bytes(4))

    def control(sequence: int, side: int) -> bytes:
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", sequence, side, side, 0, 0, 1, 100, 0, 0))

    frames = b"".join(
        control(2 * number - 1, 1) + chunk(b"fdAT", struct.pack(">I", 2 * number) + pixel)
        for number in range(1, FRAMES)
    )
    head = chunk(b"acTL", struct.pack(">II", FRAMES, 0)) + control(0, 64)
    end = still.index(b"IEND") - 4
    return still[:at] + head + still[at:end] + frames + still[end:]


def _animated_webp() -> bytes:
    two = encoded(noise(64, 64), "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 64))], lossless=True)
    last = two.rindex(b"ANMF")
    body = two[12:last] + two[last:] * FRAMES
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body
