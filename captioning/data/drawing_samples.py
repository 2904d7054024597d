"""The sample catalogue: which invented products a new shop starts with. Fixed by hand: searches have answers."""

from __future__ import annotations

from captioning.data.drawing_product import Drawing, second_view

_FIRST_SEED = 1_100  # samples stay below 10,000; training draws from 1,000,000 on, so no sample was seen in training

# Colour, then pattern where it has one; "+" has a second photo.
_SAMPLES: dict[str, tuple[str, ...]] = {
    "t-shirt": ("white", "black printed", "navy blue striped +", "orange"),
    "shirt": ("blue striped +", "white", "navy blue striped", "red checked", "green checked"),
    "dress": ("red +", "yellow printed", "black", "pink printed +"),
    "jeans": ("blue +", "black", "navy blue", "grey"),
    "trousers": ("beige", "black", "grey checked"),
    "shorts": ("blue", "green striped", "beige"),
    "skirt": ("pink", "black printed", "red checked +"),
    "sweater": ("green", "grey +", "navy blue striped", "orange"),
    "jacket": ("brown", "black +", "beige", "blue checked"),
    "handbag": ("black +", "red", "brown", "yellow"),
    "backpack": ("navy blue +", "green", "grey printed"),
    "watch": ("brown +", "black", "white"),
    "sunglasses": ("black", "brown", "purple"),
    "casual shoes": ("white +", "blue", "red"),
    "heels": ("red +", "black", "pink"),
    "sandals": ("brown", "yellow", "purple"),
    "cap": ("red", "navy blue +", "white"),
    "belt": ("brown", "black", "white"),
    "wallet": ("brown +", "purple", "black"),
    "tie": ("navy blue striped", "purple printed", "red", "green checked"),
    "scarf": ("beige checked +", "orange striped", "purple"),
    "socks": ("white striped", "pink printed", "yellow striped", "grey"),
}


def sample_catalogue() -> list[tuple[str, list[Drawing]]]:
    """Each sample's SKU and its photos, the front one first; always the same."""
    catalogue: list[tuple[str, list[Drawing]]] = []
    for kind, samples in _SAMPLES.items():
        for number, sample in enumerate(samples, start=1):
            words = sample.removesuffix(" +")
            pattern = words.split()[-1] if words.endswith(("striped", "checked", "printed")) else "plain"
            colour = words.removesuffix(f" {pattern}")
            front = Drawing(_FIRST_SEED + len(catalogue), kind, colour, pattern)
            sku = f"{kind.replace(' ', '-').upper()}-{number:02}"
            catalogue.append((sku, [front, second_view(front)] if sample.endswith("+") else [front]))
    return catalogue
