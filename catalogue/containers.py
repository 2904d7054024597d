"""Whether a PNG or GIF file reaches its own end mark. Walks chunk lengths only; decodes nothing.

A cut-off animation still gives Pillow a whole first frame, and a PNG its pixels, so decoding alone accepts an upload
that broke off. JPEG, WebP, AVIF and HEIC need no walk: their decoders refuse every shortened file themselves.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_PNG_SIGNATURE_BYTES = 8
_GIF_IMAGE, _GIF_EXTENSION, _GIF_TRAILER = b"\x2c", b"\x21", b"\x3b"


def is_whole(file: BinaryIO, pillow_format: str | None) -> bool:
    """False when the file ends before its end mark; bytes after the mark are nobody's business. Moves the position."""
    if pillow_format == "PNG":
        return _png_is_whole(file)
    if pillow_format == "GIF":
        return _gif_is_whole(file)
    return True


def _png_is_whole(file: BinaryIO) -> bool:
    file.seek(_PNG_SIGNATURE_BYTES)
    while True:
        header = file.read(8)
        if len(header) < 8:
            return False
        length, kind = struct.unpack(">I4s", header)
        if kind == b"IEND":
            return True
        file.seek(length + 4, 1)  # the chunk and its checksum


def _gif_is_whole(file: BinaryIO) -> bool:
    file.seek(0)
    header = file.read(13)
    if len(header) < 13:
        return False
    file.seek(_palette_bytes(header[10]), 1)
    while True:
        block = file.read(1)
        if block == _GIF_TRAILER:
            return True
        if block == _GIF_EXTENSION:
            file.seek(1, 1)  # its label
        elif block == _GIF_IMAGE:
            descriptor = file.read(9)
            if len(descriptor) < 9:
                return False
            file.seek(_palette_bytes(descriptor[8]) + 1, 1)  # and the LZW code size
        else:
            return block != b""  # junk instead of a block: Pillow skips it too, so only the end of the file counts
        if not _skip_sub_blocks(file):
            return False


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_sub_blocks(file: BinaryIO) -> bool:
    while True:
        length = file.read(1)
        if not length:
            return False
        if length == b"\x00":
            return True
        file.seek(length[0], 1)
