"""A shop's goods as a seeded chance writes them: odd spellings, gaps, equal values. Owns what is written, no call."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from tests.reference.wording import seeded

# Names that need backticks, look like a sort, a keyword or another sort's direction, or are written in other letters.
ODD = 'a `b` \\ "c"'
TYPES = {
    "colour": "string",
    "brand": "string",
    "long": "string",
    ODD: "string",
    "größe": "string",
    "-note": "string",
    "materials": "string",
    "weight": "number",
    "size in cm": "number",
    "newest": "number",
    "AND": "number",
    "widths": "number",
    "vegan": "boolean",
    "flags": "boolean",
    "launched": "date",
}
LISTS = ("materials", "widths", "flags")
DATES = ("launched",)

# Pairs and triples that are one value, beside some that look alike and are not.
STRINGS = (
    "navy", "Navy", "NAVY", "navy ", "İris", "i\u0307ris", "iris", "IRIS", "ıris", "Straße", "STRASSE", "strasse",
    "café", "cafe\u0301", "CAFÉ", "cafe", "Ω-blue", "\u2126-blue", "ω-BLUE", "ﬁn", "fin", "Å",
    "\u212b", "a\u030a", "", "ς", "Σ", "👕", "\uffee", 'the "best"', "back\\slash", "ǰ", "J\u030c",
    "a,b", "10", "true", "zed", "Zed",
)  # fmt: skip
BRANDS = ("Acme", "ACME", "acme", "Zed", "Straße", "Ömer", "O\u0308mer")
LONG = (*("x" * 127 + end for end in ("", "a", "b", "ab", "ac", "Ab", "ba")), "ß" * 64 + "a", "SS" * 64 + "b")
NUMBERS = (
    -3,
    -0.0,
    0,
    0.1,
    0.30000000000000004,
    0.3,
    1,
    1.5,
    2,
    3,
    5,
    7,
    10,
    10.5,
    12,
    1000.0,
    2**53 - 1,
    1e15,
    5e-324,
)
FEW_NUMBERS = (36, 38, 40, 40.5, 42, 46)  # some at the ends of tenths, two in the same tenth
DAYS = (
    "2025-12-31", "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-31T23:59:59.875Z",
    "2026-02-01", "2026-06-15T12:00:00-05:00", "1969-07-20T20:17:40Z", "2026-06-15",
)  # fmt: skip
PRICES = ("0", "0.01", "9", "9.50", "9.99", "10", "10.00", "19.9", "34.90", "35", "120", "1234567.89")
GROUPS = (None, None, None, "tees", "Tees", "shoes", "g ")
TITLES = (
    "Red dress", "red DRESS with sleeves", "Navy shirt", "Navy Shirts, 2 pack", "İris vase", "AB-1002 drill",
    "ab1020 drill", "Hose 5 kg", "Café-Set", "Straßenschuh", "", "Blue jug", "Blue jug",
)  # fmt: skip
CAPTIONS = (
    "a red dress", "a woman's red dress", "a navy shirt", "a blue jug on a table", "İris in a vase", "two shoes",
    "cafe\u0301 cups",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Photo:
    """`near` says how near it is to each of the test's texts, and how much is noise; equal ones are equal vectors."""

    caption: str
    near: tuple[float, ...]
    noise: int
    is_ready: bool = True


@dataclass(frozen=True, slots=True)
class Good:
    sku: str
    write: dict[str, Any]
    photos: tuple[Photo, ...] = ()


def goods(seed: int, number: int, texts: int) -> list[Good]:
    """As many goods, whose photos are near to some of as many texts."""
    chance = seeded(seed)
    return [_good(chance, place, texts) for place in range(number)]


def some_write(chance: Random) -> dict[str, Any]:
    """All that a merchant may say of an item; what is left out has its default."""
    write = {
        "title": chance.choice(TITLES),
        "attributes": {field: _value(chance, field) for field in TYPES if chance.random() < 0.7},
        "price": chance.choice([None, *PRICES]),
        "group": chance.choice(GROUPS),
        "available": chance.random() < 0.7,
        "published": chance.random() < 0.85,
    }
    return {name: value for name, value in write.items() if value is not None or chance.random() < 0.5}


def literals(field: str) -> tuple[Any, ...]:
    """What shoppers may compare this field with: values of items, and neighbours of them."""
    match field:
        case "sku":
            return ("AB-1002", "ab-1002", "good-3", "GOOD-7", "good-", "h", "ß")
        case "title":
            return TITLES
        case "caption":
            return CAPTIONS
        case "group":
            return ("tees", "TEES", "shoes", "g ", "none")
        case "price":
            return (0, 0.01, 9, 9.5, 9.99, 10, 10.005, 34.9, 35, 1234567.89, -1)
        case "created_at":
            return ("1999-01-01", "2999-01-01T00:00:00+02:00")
        case "available" | "published":
            return (True, False)
    return _pool(field)


def _good(chance: Random, place: int, texts: int) -> Good:
    sku = {3: "AB-1002", 4: "AB-1020", 7: "Ärmel 5", 6: "navy"}.get(place, f"good-{place}")
    count = chance.choice([0, 0, 1, 1, 1, 1, 2, 3])
    return Good(sku, some_write(chance), tuple(_photo(chance, texts) for _ in range(count)))


def _photo(chance: Random, texts: int) -> Photo:
    near = [0.0] * texts
    near[chance.randrange(texts)] = chance.choice([0.0, 0.2, 0.5, 1.0, 2.0, 4.0])
    return Photo(chance.choice(CAPTIONS), tuple(near), chance.randrange(8), chance.random() < 0.85)


def _value(chance: Random, field: str) -> Any:
    if chance.random() < 0.08:
        return None
    if field in LISTS:
        return chance.sample(_pool(field), chance.choice([0, 1, 1, 2, min(4, len(_pool(field)))]))
    return chance.choice(_pool(field))


def _pool(field: str) -> tuple[Any, ...]:
    match TYPES[field]:
        case "number":
            return FEW_NUMBERS if field in ("size in cm", "widths", "AND") else NUMBERS
        case "boolean":
            return (True, False)
        case "date":
            return DAYS
    return {"brand": BRANDS, "long": LONG}.get(field, STRINGS)
