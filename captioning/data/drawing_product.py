"""The invented products: kinds, colours, patterns, and their words and prices. No shapes, no pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from captioning.data.drawing_palette import PALETTE

View = Literal["front", "angled"]

COLOURS: tuple[str, ...] = tuple(PALETTE)
PATTERNS: tuple[str, ...] = ("plain", "striped", "checked", "printed")


@dataclass(frozen=True, slots=True)
class Kind:
    """What the shop knows of a kind of product."""

    names: tuple[str, ...]  # what titles call it
    materials: tuple[str, ...]
    price: tuple[int, int]
    patterns: tuple[str, ...] = ("plain",)
    colours: tuple[str, ...] = COLOURS


_ALL = PATTERNS
_DENIM = ("black", "white", "grey", "navy blue", "blue")

KINDS: dict[str, Kind] = {
    "t-shirt": Kind(("T-Shirt", "Tee"), ("cotton", "organic cotton"), (12, 35), ("plain", "striped", "printed")),
    "shirt": Kind(("Shirt", "Button-Down Shirt"), ("cotton", "linen", "poplin"), (29, 79), _ALL),
    "dress": Kind(("Dress", "Flared Dress"), ("viscose", "cotton", "linen"), (39, 129), _ALL),
    "jeans": Kind(("Jeans", "Five-Pocket Jeans"), ("denim",), (49, 119), colours=_DENIM),
    "trousers": Kind(("Trousers", "Chinos", "Pants"), ("cotton twill", "wool blend"), (39, 109), ("plain", "checked")),
    "shorts": Kind(("Shorts",), ("cotton", "linen"), (19, 49), ("plain", "striped", "checked", "printed")),
    "skirt": Kind(("Skirt", "Flared Skirt"), ("cotton", "viscose", "wool blend"), (25, 79), _ALL),
    "sweater": Kind(("Sweater", "Pullover", "Jumper"), ("merino wool", "lambswool"), (45, 139), ("plain", "striped")),
    "jacket": Kind(("Jacket",), ("cotton twill", "wool blend"), (79, 229), ("plain", "checked")),
    "handbag": Kind(("Handbag", "Bag"), ("leather", "vegan leather"), (59, 249), ("plain", "printed")),
    "backpack": Kind(("Backpack", "Rucksack"), ("canvas", "recycled nylon"), (39, 129), ("plain", "printed")),
    "watch": Kind(("Watch", "Wristwatch"), ("leather", "silicone"), (79, 349)),
    "sunglasses": Kind(("Sunglasses", "Shades"), ("acetate",), (29, 159)),
    "casual shoes": Kind(("Casual Shoes", "Sneakers", "Trainers"), ("canvas", "suede"), (49, 139)),
    "heels": Kind(("Heels", "High Heels", "Pumps"), ("leather", "suede"), (59, 189)),
    "sandals": Kind(("Sandals", "Flat Sandals"), ("leather", "cork and leather"), (25, 89)),
    "cap": Kind(("Cap", "Baseball Cap"), ("cotton", "canvas"), (15, 39)),
    "belt": Kind(("Belt",), ("leather", "vegan leather"), (19, 69)),
    "wallet": Kind(("Wallet", "Billfold"), ("leather", "vegan leather"), (25, 89)),
    "tie": Kind(("Tie", "Necktie"), ("silk", "silk blend"), (19, 69), _ALL),
    "scarf": Kind(("Scarf", "Winter Scarf"), ("wool", "cashmere blend"), (19, 99), ("plain", "striped", "checked")),
    "socks": Kind(("Socks", "Crew Socks"), ("cotton", "merino wool"), (6, 19), ("plain", "striped", "printed")),
}

_BRANDS = (
    "Alder & Finch",
    "Morrow Lane",
    "Saltwick",
    "Juniper Row",
    "Hollow & Hare",
    "Tidewell",
    "Orchard Nine",
    "Pennant & Co",
)
_COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "navy blue": ("Navy", "Navy Blue"),
    "grey": ("Grey", "Gray"),
    "black": ("Black", "Jet Black"),
    "beige": ("Beige", "Sand Beige"),
}
_PATTERN_WORDS: dict[str, tuple[str, ...]] = {
    "plain": ("", "Plain", "Classic"),
    "striped": ("Striped", "Stripe"),
    "checked": ("Checked", "Plaid"),
    "printed": ("Printed", "Print"),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One photo of one invented product; everything about it follows from these five values."""

    seed: int
    kind: str
    colour: str
    pattern: str = "plain"
    view: View = "front"

    @property
    def caption(self) -> str:
        """What can be seen: "navy blue shirt, striped"."""
        return f"{self.colour} {self.kind}" + ("" if self.pattern == "plain" else f", {self.pattern}")

    @property
    def title(self) -> str:
        """What a shop would call it: "Alder & Finch Striped Linen Shirt Navy"."""
        words = dice(self.seed, "title")
        colour = words.choice(_COLOUR_WORDS.get(self.colour, (self.colour.title(),)))
        pattern = words.choice(_PATTERN_WORDS[self.pattern])
        name = words.choice(KINDS[self.kind].names)
        material = self._material.title().replace(" And ", " and ")
        parts = (
            (self._brand, pattern, material, name, colour),
            (self._brand, colour, pattern, material, name),
            (self._brand, name, "in", colour, material) if not pattern else (self._brand, pattern, colour, name),
        )
        return " ".join(part for part in words.choice(parts) if part)

    @property
    def attributes(self) -> dict[str, str]:
        return {
            "colour": self.colour,
            "kind": self.kind,
            "pattern": self.pattern,
            "material": self._material,
            "brand": self._brand,
        }

    @property
    def price(self) -> str:
        low, high = KINDS[self.kind].price
        return (
            f"{dice(self.seed, 'price').randint(low, high)}.{dice(self.seed, 'cents').choice(('00', '50', '90', '95'))}"
        )

    @property
    def _brand(self) -> str:
        return dice(self.seed, "brand").choice(_BRANDS)

    @property
    def _material(self) -> str:
        return dice(self.seed, "material").choice(KINDS[self.kind].materials)


def dice(seed: int, purpose: str) -> Random:
    """Chance that is the same for the same seed and purpose, on every machine.

    One stream a purpose: a second view turns the camera without changing the product."""
    return Random(f"{seed}/{purpose}")  # noqa: S311 - for drawing, not for secrets


def random_drawing(seed: int) -> Drawing:
    """A product: kind and colour near-uniform; four in ten have a pattern where their kind allows one."""
    luck = dice(seed, "product")
    kind = luck.choice(tuple(KINDS))
    colour = luck.choice(KINDS[kind].colours)
    patterns = KINDS[kind].patterns
    pattern = luck.choice(patterns[1:]) if len(patterns) > 1 and luck.random() < 0.4 else "plain"
    return Drawing(seed, kind, colour, pattern)


def second_view(drawing: Drawing) -> Drawing:
    """Another photo of the same product: turned, nearer, on another ground."""
    return replace(drawing, view="angled")
