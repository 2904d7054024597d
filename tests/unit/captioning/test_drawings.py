"""The drawn product photos repeat exactly and show what their captions say; the sample catalogue is balanced."""

import re
from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from captioning.data.drawing_palette import PALETTE
from captioning.data.drawing_paths import curve
from captioning.data.drawings import (
    COLOURS,
    KINDS,
    PATTERNS,
    Drawing,
    random_drawing,
    render,
    sample_catalogue,
    second_view,
)

SIZE = 96
# Plain in every colour; each pattern in every third, another third for each kind: all of them took half a minute.
COMBINATIONS = [
    (kind, colour, pattern)
    for number, (kind, facts) in enumerate(KINDS.items())
    for pattern in facts.patterns
    for colour in (facts.colours if pattern == "plain" else facts.colours[(number + len(pattern)) % 3 :: 3])
]


def _lab(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    """CIE Lab: distances there are what an eye sees."""
    linear = (colours.astype(np.float64) / 255) ** 2.2
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.cbrt(np.maximum(linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089]), 1e-6))
    x, y, z = xyz[..., 0], xyz[..., 1], xyz[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _product_pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """The pixels inside the outline: whatever cannot be reached from the frame over ground and shadow."""
    pixels = np.asarray(picture)
    seen = _lab(pixels)
    ground = seen[:1, :1]
    far = np.abs(seen - ground)
    product = (far[..., 0] > 26) | (np.hypot(far[..., 1], far[..., 2]) > 12) | (seen[..., 0] > ground[..., 0] + 3)
    return pixels[product]


def _colours_seen(picture: Image.Image) -> list[str]:
    """The palette's names, the one with most product pixels first."""
    names = list(PALETTE)
    palette = _lab(np.array([PALETTE[name] for name in names], dtype=np.uint8))
    distance = np.linalg.norm(_lab(_product_pixels(picture))[:, None] - palette, axis=2)
    return [names[index] for index, _ in Counter(distance.argmin(axis=1).tolist()).most_common()]


@pytest.mark.parametrize("view", ["front", "angled"])
def test_the_same_drawing_gives_the_same_bytes(view: str) -> None:
    for seed in (0, 7, 1_000_003):
        drawing = random_drawing(seed)
        if view == "angled":
            drawing = second_view(drawing)
        assert render(drawing, SIZE).tobytes() == render(drawing, SIZE).tobytes()


def test_another_seed_gives_another_picture_of_the_same_words() -> None:
    one, other = Drawing(1, "shirt", "blue"), Drawing(2, "shirt", "blue")
    assert one.caption == other.caption
    assert render(one, SIZE).tobytes() != render(other, SIZE).tobytes()


def test_a_second_view_is_the_same_product_in_another_photo() -> None:
    front = random_drawing(11)
    angled = second_view(front)
    assert (angled.caption, angled.title, angled.attributes, angled.price) == (
        front.caption,
        front.title,
        front.attributes,
        front.price,
    )
    assert render(angled, SIZE).tobytes() != render(front, SIZE).tobytes()


@pytest.mark.parametrize("size", [96, 224, 640])
def test_a_picture_is_rgb_and_three_to_four(size: int) -> None:
    picture = render(random_drawing(3), size)
    assert (picture.mode, picture.size) == ("RGB", (size * 3 // 4, size))


@pytest.mark.parametrize("kind", KINDS)
def test_every_colour_and_pattern_of_a_kind_is_seen_as_its_name(kind: str) -> None:
    wrong = []
    for _, colour, pattern in (combination for combination in COMBINATIONS if combination[0] == kind):
        seen = _colours_seen(render(Drawing(5, kind, colour, pattern), SIZE))
        if colour not in seen[: 1 if pattern == "plain" else 2]:  # small stripes blur into a third colour
            wrong.append(f"{colour} {kind} {pattern} looks {seen[:2]}")
    assert not wrong


@pytest.mark.parametrize("kind", KINDS)
def test_the_product_fills_a_fair_part_of_the_frame_and_leaves_its_corners_free(kind: str) -> None:
    for seed in range(4):
        picture = render(Drawing(seed, kind, "black" if kind == "jeans" else "red"), SIZE)
        share = len(_product_pixels(picture)) / (SIZE * SIZE * 3 // 4)
        assert 0.07 < share < 0.75
        corners = np.asarray(picture)[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert corners.min() > 215


def test_a_pattern_changes_the_picture_and_a_plain_one_is_not_mentioned() -> None:
    pictures = {render(Drawing(9, "shirt", "green", pattern), SIZE).tobytes() for pattern in PATTERNS}
    assert len(pictures) == len(PATTERNS)
    assert Drawing(9, "shirt", "green").caption == "green shirt"
    assert Drawing(9, "shirt", "navy blue", "striped").caption == "navy blue shirt, striped"


def test_captions_titles_attributes_and_prices_are_well_formed() -> None:
    for seed in range(400):
        drawing = random_drawing(seed)
        kind = KINDS[drawing.kind]
        assert re.fullmatch(r"[a-z -]+(, (striped|checked|printed))?", drawing.caption)
        assert drawing.pattern in kind.patterns
        assert drawing.colour in kind.colours
        assert any(name in drawing.title for name in kind.names)
        assert "  " not in drawing.title
        assert drawing.title.startswith(drawing.attributes["brand"])
        assert drawing.attributes["kind"] == drawing.kind
        assert drawing.attributes["colour"] == drawing.colour
        low, high = kind.price
        assert re.fullmatch(r"\d+\.\d\d", drawing.price)
        assert low <= float(drawing.price) < high + 1


def test_kinds_and_colours_come_up_about_equally_often() -> None:
    drawings = [random_drawing(seed) for seed in range(4_400)]
    kinds = Counter(drawing.kind for drawing in drawings)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 140  # 200 expected of each
    colours = Counter(drawing.colour for drawing in drawings if drawing.kind != "jeans")
    assert set(colours) == set(COLOURS)
    assert max(colours.values()) < 1.5 * min(colours.values())
    plain = sum(drawing.pattern == "plain" for drawing in drawings)
    assert 0.55 < plain / len(drawings) < 0.9


def test_the_sample_catalogue_is_balanced() -> None:
    catalogue = sample_catalogue()
    fronts = [photos[0] for _, photos in catalogue]
    assert len(catalogue) >= 60
    assert len({sku for sku, _ in catalogue}) == len(catalogue)
    assert len({drawing.seed for drawing in fronts}) == len(catalogue)
    assert all(drawing.seed < 10_000 for drawing in fronts)
    assert min(Counter(drawing.kind for drawing in fronts)[kind] for kind in KINDS) >= 3
    assert min(Counter(drawing.colour for drawing in fronts)[colour] for colour in COLOURS) >= 3
    assert min(Counter(drawing.pattern for drawing in fronts)[pattern] for pattern in PATTERNS) >= 6
    assert all(drawing.pattern in KINDS[drawing.kind].patterns for drawing in fronts)
    twice = [photos for _, photos in catalogue if len(photos) == 2]
    assert 12 <= len(twice) <= 20
    assert all(second == second_view(first) for first, second in twice)
    captions = {drawing.caption for drawing in fronts}
    assert {"blue shirt, striped", "navy blue shirt, striped", "red heels"} <= captions
    assert len(captions) == len(catalogue)


def test_a_path_with_a_missing_point_is_refused() -> None:
    with pytest.raises(ValueError, match="Q takes 2 points; the path gives 1"):
        curve("M 0 0 Q 1 1")
