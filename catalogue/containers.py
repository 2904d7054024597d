"""Whether a PNG, GIF, HEIC or AVIF file reaches its own end. Walks chunk lengths only; decodes nothing.

A cut-off animation or HEIC with several pictures still gives Pillow its first one, and a PNG its pixels, so decoding
alone accepts an upload that broke off. JPEG and WebP need no walk: their decoders refuse every shortened file.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_PNG_SIGNATURE_BYTES = 8
_BOXES = (b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"uuid")
_GIF_IMAGE, _GIF_EXTENSION, _GIF_TRAILER = b"\x2c", b"\x21", b"\x3b"


def is_whole(file: BinaryIO, pillow_format: str | None) -> bool:
    """False when the file ends before its own end; bytes after that are nobody's business. Moves the position."""
    match pillow_format:
        case "PNG":
            return _png_is_whole(file)
        case "GIF":
            return _gif_is_whole(file)
        case "HEIF" | "AVIF":
            return _boxes_are_whole(file)
        case _:
            return True


def _png_is_whole(file: BinaryIO) -> bool:
    file.seek(_PNG_SIGNATURE_BYTES)
    while True:
        header = file.read(8)
        if len(header) < 8:
            return False
        length, kind = struct.unpack(">I4s", header)
        if kind == b"IEND":
            return len(file.read(4)) == 4
        file.seek(length + 4, 1)  # the chunk and its checksum


def _boxes_are_whole(file: BinaryIO) -> bool:
    """ISO/IEC 14496-12, 4.2: each box starts with its length; 1 means a 64-bit one follows, 0 that it ends the file."""
    size_bytes = file.seek(0, 2)
    at = 0
    while at < size_bytes:
        file.seek(at)
        header = file.read(16).ljust(16, b"\0")
        length, kind, long_length = struct.unpack(">I4sQ", header)
        length = long_length if length == 1 else length
        if kind not in _BOXES or length < 8:
            return True
        at += length
    return at == size_bytes


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
