"""Photos made safe: every kind that comes in, every limit, and bytes that nobody meant to be a photo."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from catalogue.errors import ImageRejected, PhotoTooLarge
from catalogue.images import Decoded, Limits, decode, open_working_copy, rendition

LIMITS = Limits(max_bytes=32 << 20, max_pixels=64_000_000)
Decode = Callable[[bytes], Decoded]


@pytest.fixture
def decoded(tmp_path: Path) -> Decode:
    def from_bytes(content: bytes) -> Decoded:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return decode(path, LIMITS)

    return from_bytes


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def quarters(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Red, green, blue and white quarters: wrong colours and wrong turns both show."""
    width, height = size
    image = Image.new("RGB", size, "red")
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    image.paste("white", (width // 2, height // 2, width, height))
    return image


def corner_colours(photo: Decoded) -> list[tuple[int, ...]]:
    image = open_working_copy(photo.working_copy)
    right, bottom = image.width - 9, image.height - 9
    return [pixel(image, x, y) for y in (8, bottom) for x in (8, right)]


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return tuple(int(channel) for channel in value)


def assert_close(got: tuple[int, ...], wanted: tuple[int, ...], within: int = 12) -> None:
    assert max(abs(a - b) for a, b in zip(got, wanted, strict=True)) <= within, f"{got} is not {wanted}"


QUARTERS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]


def test_every_awkward_file_comes_out_as_its_manifest_says(outside_data: Path) -> None:
    folder = outside_data / "images-edge"
    wrong = []
    with (folder / "manifest.csv").open(newline="") as manifest:
        for row in csv.DictReader(manifest):
            try:
                photo = decode(folder / row["file"], LIMITS)
                outcome = "accept"
                assert open_working_copy(photo.working_copy).mode == "RGB"
            except ImageRejected as error:
                outcome = "reject"
                assert "Send a" in str(error) or "send the whole file" in str(error)
            if outcome != row["expected"]:
                wrong.append((row["file"], outcome))
    assert wrong == []


def test_photos_of_one_scene_in_all_orientations_come_out_alike(outside_data: Path) -> None:
    folder = outside_data / "images-edge"
    for shape, size in (("landscape", (1800, 1200)), ("portrait", (1200, 1800))):
        photos = [decode(path, LIMITS) for path in sorted(folder.glob(f"exif-{shape}-*.jpg"))]
        assert {(photo.width, photo.height) for photo in photos} == {size}
        assert len({photo.difference_hash for photo in photos}) == 1
    turned = decode(folder / "rotated-irot.avif", LIMITS)
    assert (turned.width, turned.height) == (640, 427)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_the_content_decides_the_type_and_the_colours_stay(decoded: Decode, kind: str) -> None:
    photo = decoded(encoded(quarters(), kind))
    assert photo.media_type == f"image/{kind.lower()}"
    assert (photo.width, photo.height) == (64, 48)
    for got, wanted in zip(corner_colours(photo), QUARTERS, strict=True):
        assert_close(got, wanted, within=40 if kind == "AVIF" else 12)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once_in_every_format(decoded: Decode, kind: str, orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that stores it so
    upright = quarters()
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = decoded(encoded(stored, kind, exif=exif))
    assert (photo.width, photo.height) == (64, 48)
    for got, wanted in zip(corner_colours(photo), QUARTERS, strict=True):
        assert_close(got, wanted, within=40 if kind == "AVIF" else 12)


def test_a_stale_orientation_in_xmp_does_not_turn_the_photo(decoded: Decode) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    photo = decoded(encoded(quarters(), "JPEG", xmp=xmp))
    assert (photo.width, photo.height) == (64, 48)


def test_sixteen_bit_grey_is_scaled_and_not_clipped(decoded: Decode) -> None:
    ramp = np.tile(np.linspace(0, 65535, 64, dtype=np.uint16), (64, 1))
    image = open_working_copy(decoded(encoded(Image.fromarray(ramp), "PNG")).working_copy)
    for x in (5, 20, 32, 45, 60):
        assert_close(pixel(image, x, 32), (int(ramp[0, x]) >> 8,) * 3, within=5)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("RGBA", "GIF"), ("RGBA", "WEBP"), ("RGBA", "AVIF")],
)
def test_what_is_transparent_becomes_white(decoded: Decode, mode: str, kind: str) -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (32, 0, 64, 64))
    stored = image.quantize(4) if mode == "P" else image.convert(mode)
    copy = open_working_copy(decoded(encoded(stored, kind)).working_copy)
    assert_close(pixel(copy, 8, 32), (255, 255, 255))
    assert_close(pixel(copy, 56, 32), (0, 0, 0))


def test_a_transparent_colour_of_a_sixteen_bit_png_is_found(decoded: Decode) -> None:
    grey = np.full((64, 64), 0x8000, dtype=np.uint16)
    grey[:, 32:] = 0x2000
    content = with_chunk(encoded(Image.fromarray(grey), "PNG"), b"tRNS", b"\x80\x00")
    copy = open_working_copy(decoded(content).working_copy)
    assert_close(pixel(copy, 8, 32), (255, 255, 255))
    assert_close(pixel(copy, 56, 32), (32, 32, 32))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    at = png.index(b"IDAT") - 4
    chunk = len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
    return png[:at] + chunk + png[at:]


def test_one_bit_and_grey_pictures_get_three_channels(decoded: Decode) -> None:
    for mode in ("1", "L"):
        copy = open_working_copy(decoded(encoded(quarters().convert(mode), "PNG")).working_copy)
        assert copy.mode == "RGB"
        assert_close(pixel(copy, 56, 40), (255, 255, 255))


def test_cmyk_is_not_inverted(decoded: Decode) -> None:
    for got, wanted in zip(corner_colours(decoded(encoded(quarters().convert("CMYK"), "JPEG"))), QUARTERS, strict=True):
        assert_close(got, wanted, within=16)


def test_colours_go_through_the_embedded_profile(decoded: Decode) -> None:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    swapped = plain.tobytes().replace(b"rXYZ", b"tmpZ").replace(b"bXYZ", b"rXYZ").replace(b"tmpZ", b"bXYZ")
    for kind in ("JPEG", "PNG", "WEBP"):
        same = decoded(encoded(quarters(), kind, icc_profile=plain.tobytes()))
        assert_close(corner_colours(same)[0], (255, 0, 0))
        # A profile whose red and blue have changed places: what is stored as red is meant as blue.
        assert_close(corner_colours(decoded(encoded(quarters(), kind, icc_profile=swapped)))[0], (0, 0, 255), within=16)


@pytest.mark.parametrize("profile", [b"no profile at all", b"\x00" * 200])
def test_a_broken_profile_is_ignored(decoded: Decode, profile: bytes) -> None:
    assert_close(corner_colours(decoded(encoded(quarters(), "JPEG", icc_profile=profile)))[0], (255, 0, 0))


def test_a_profile_for_other_pixels_is_ignored(decoded: Decode) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    cmyk = encoded(quarters().convert("CMYK"), "JPEG", icc_profile=srgb)
    assert_close(corner_colours(decoded(cmyk))[0], (255, 0, 0), within=16)
    assert_close(corner_colours(decoded(encoded(quarters().convert("L"), "JPEG", icc_profile=srgb)))[3], (255,) * 3)


def test_only_the_first_frame_counts(decoded: Decode) -> None:
    red, blue = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
    for kind in ("GIF", "WEBP", "PNG", "AVIF", "MPO"):
        content = encoded(red, kind, save_all=True, append_images=[blue])
        photo = decoded(content)
        assert_close(corner_colours(photo)[0], (255, 0, 0))
        if kind == "MPO":
            assert photo.media_type == "image/jpeg"


def test_the_working_copy_has_a_long_side_of_1280_and_no_metadata(decoded: Decode) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    large = quarters((2000, 1500))
    photo = decoded(encoded(large, "JPEG", exif=exif, icc_profile=srgb, comment=b"a secret place", xmp=b"secret"))
    with Image.open(io.BytesIO(photo.working_copy)) as copy:
        assert (copy.format, copy.size) == ("JPEG", (1280, 960))
        assert set(copy.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert (photo.width, photo.height) == (2000, 1500)
    assert b"secret" not in photo.working_copy


@pytest.mark.parametrize("size", [(20_000, 40), (33, 9_000), (32, 32), (1281, 32)])
def test_absurd_shapes_are_taken(decoded: Decode, size: tuple[int, int]) -> None:
    photo = decoded(encoded(Image.new("L", size), "PNG"))
    copy = open_working_copy(photo.working_copy)
    assert (photo.width, photo.height) == size
    assert max(copy.size) == min(1280, max(size))
    assert min(copy.size) >= 1
    assert len(rendition(photo.working_copy, 160, "image/webp")) > 0


def test_limits_are_named_with_value_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encoded(quarters(), "PNG"))
    with pytest.raises(ImageRejected, match=r"3,072 pixels; the limit is 3,000\. Send") as pixels:
        decode(path, Limits(max_bytes=1 << 20, max_pixels=3_000))
    assert pixels.value.reason == "too-many-pixels"
    with pytest.raises(ImageRejected, match=r"64 × 48 pixels; each side needs at least 49\. Send"):
        decode(path, Limits(max_bytes=1 << 20, max_pixels=1 << 20, min_side=49))
    with pytest.raises(PhotoTooLarge, match=r"bytes; the limit is 100\. Send"):
        decode(path, Limits(max_bytes=100, max_pixels=1 << 20))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8", b"<html>", b"<svg/>", b"RIFF", b"\x00" * 9000, b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_photo_is_rejected_with_what_is_accepted(decoded: Decode, content: bytes) -> None:
    with pytest.raises(ImageRejected, match="JPEG, PNG, WebP, GIF, AVIF or HEIC"):
        decoded(content)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA", "JPEG2000"])
def test_other_picture_formats_are_rejected_whatever_their_name(decoded: Decode, kind: str) -> None:
    with pytest.raises(ImageRejected):
        decoded(encoded(quarters(), kind))


def test_a_photo_with_another_file_behind_it_is_just_the_photo(decoded: Decode) -> None:
    for kind in ("JPEG", "PNG", "GIF", "WEBP"):
        photo = decoded(encoded(quarters(), kind) + b"PK\x03\x04<script>alert(1)</script>" * 50)
        assert b"script" not in photo.working_copy


ANIMATED = {"save_all": True, "append_images": [quarters().rotate(180), quarters()]}
SMALL = {
    "jpeg": encoded(quarters(), "JPEG"),
    "progressive": encoded(quarters(), "JPEG", progressive=True),
    "png": encoded(quarters(), "PNG"),
    "webp": encoded(quarters(), "WEBP"),
    "gif": encoded(quarters(), "GIF"),
    "avif": encoded(quarters(), "AVIF"),
    "animated gif": encoded(quarters(), "GIF", **ANIMATED),
    "animated png": encoded(quarters(), "PNG", **ANIMATED),
    "animated webp": encoded(quarters(), "WEBP", **ANIMATED),
}


@pytest.mark.parametrize("kind", SMALL)
def test_a_file_cut_short_anywhere_is_rejected(decoded: Decode, kind: str) -> None:
    whole = SMALL[kind]
    decoded(whole)
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        with pytest.raises(ImageRejected):
            decoded(whole[:length])
    with pytest.raises(ImageRejected):
        decoded(whole[:-1])


def test_a_heic_cut_short_anywhere_is_rejected(outside_data: Path, decoded: Decode) -> None:
    whole = (outside_data / "images-edge" / "phone.heic").read_bytes()
    for length in (*range(0, len(whole), 997), len(whole) - 1):
        with pytest.raises(ImageRejected):
            decoded(whole[:length])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_raise_nothing_but_a_rejection(decoded: Decode, data: st.DataObject) -> None:
    content = bytearray(SMALL[data.draw(st.sampled_from(sorted(SMALL)))])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    try:
        photo = decoded(bytes(content[:end] if data.draw(st.booleans()) else content))
    except ImageRejected:
        return
    assert open_working_copy(photo.working_copy).mode == "RGB"
    assert 0 <= photo.difference_hash < 1 << 63


def test_the_difference_hash_survives_size_and_quality_and_tells_pictures_apart(decoded: Decode) -> None:
    random = np.random.default_rng(7)
    one, other = (
        Image.fromarray(random.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize((800, 600), Image.Resampling.BICUBIC)
        for _ in range(2)
    )
    first = decoded(encoded(one, "PNG")).difference_hash
    again = decoded(encoded(one.resize((300, 225)), "JPEG", quality=60)).difference_hash
    different = decoded(encoded(other, "PNG")).difference_hash
    assert (first ^ again).bit_count() <= 3
    assert (first ^ different).bit_count() > 12


def test_a_working_copy_opens_smaller_but_never_below_what_is_needed() -> None:
    copy = encoded(quarters((1280, 960)), "JPEG")
    assert open_working_copy(copy).size == (1280, 960)
    assert open_working_copy(copy, at_least=480).size == (640, 480)
    assert open_working_copy(copy, at_least=481).size == (1280, 960)
    assert open_working_copy(copy, at_least=2000).size == (1280, 960)


def test_renditions_have_the_width_asked_for_and_are_never_enlarged() -> None:
    copy = encoded(quarters((1000, 500)), "JPEG")
    for media_type, kind in (("image/jpeg", "JPEG"), ("image/webp", "WEBP")):
        for width in (160, 320, 640, 1280):
            content = rendition(copy, width, "image/webp" if media_type == "image/webp" else "image/jpeg")
            with Image.open(io.BytesIO(content)) as image:
                assert (image.format, image.size) == (kind, (min(width, 1000), min(width, 1000) // 2))
