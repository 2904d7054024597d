"""Tables that fold a shop's own words for kinds, colours, audiences and details into plain English; reads no file."""

import re

KINDS = {
    "Tshirts": "t-shirt",
    "Shirts": "shirt",
    "Tops": "top",
    "Kurtas": "kurta",
    "Kurtis": "kurta",
    "Kurta Sets": "kurta set",
    "Tunics": "tunic",
    "Sweaters": "sweater",
    "Sweatshirts": "sweatshirt",
    "Jackets": "jacket",
    "Rain Jacket": "jacket",
    "Dresses": "dress",
    "Skirts": "skirt",
    "Sarees": "saree",
    "Innerwear Vests": "vest",
    "Camisoles": "camisole",
    "Nightdress": "nightdress",
    "Tracksuits": "tracksuit",
    "Night suits": "pyjamas",
    "Lounge Shorts": "shorts",
    "Lounge Pants": "lounge pants",
    "Rain Trousers": "trousers",
    "Watches": "watch",
    "Handbags": "handbag",
    "Backpacks": "backpack",
    "Rucksacks": "backpack",
    "Wallets": "wallet",
    "Clutches": "clutch",
    "Belts": "belt",
    "Caps": "cap",
    "Ties": "tie",
    "Mufflers": "scarf",
    "Scarves": "scarf",
    "Stoles": "scarf",
    "Flip Flops": "flip-flops",
    "Sports Sandals": "sandals",
    "Booties": "boots",
    "Trunk": "trunks",
    "Laptop Bag": "laptop bag",
    "Duffel Bag": "duffel bag",
    "Mobile Pouch": "phone pouch",
    "Perfume and Body Mist": "perfume",
    "Kajal and Eyeliner": "eyeliner",
    "Face Moisturisers": "face cream",
    "Foundation and Primer": "foundation",
    "Highlighter and Blush": "blusher",
    "Accessory Gift Set": "gift set",
    "Fragrance Gift Set": "perfume gift set",
    "Jewellery Set": "jewellery set",
    "Free Gifts": "gift",
    "Necklace and Chains": "necklace",
    "Footballs": "football",
    "Basketballs": "basketball",
    "Umbrellas": "umbrella",
    "Ipad": "tablet",
}
"""Only what lower case alone does not make plain: "Casual Shoes" is "casual shoes" without an entry."""

COLOURS = {
    "Off White": "white",
    "Grey Melange": "grey",
    "Charcoal": "grey",
    "Steel": "silver",
    "Metallic": "silver",
    "Coffee Brown": "brown",
    "Mushroom Brown": "brown",
    "Taupe": "brown",
    "Rust": "brown",
    "Skin": "beige",
    "Nude": "beige",
    "Burgundy": "maroon",
    "Magenta": "pink",
    "Rose": "pink",
    "Lavender": "purple",
    "Mauve": "purple",
    "Mustard": "yellow",
    "Sea Green": "green",
    "Lime Green": "green",
    "Fluorescent Green": "green",
    "Turquoise Blue": "turquoise",
    "Multi": "multicoloured",
}
"""The finer shades a shop names and its photos do not settle; the others are plain in lower case."""

AUDIENCES = {"Men": "men's", "Women": "women's", "Boys": "boys'", "Girls": "girls'", "Unisex": "", "": ""}

_PATTERNS = (
    ("striped", re.compile(r"\bstrip(?:e|es|ed|er|ing)\b", re.I)),
    ("checked", re.compile(r"\b(?:check|checks|checked|checkered|chequered|plaid)\b", re.I)),
    ("polka dots", re.compile(r"\bpolka\b", re.I)),
    ("floral", re.compile(r"\b(?:floral|flower|flowers)\b", re.I)),
    ("embroidered", re.compile(r"\bembroider(?:ed|y)\b", re.I)),
    ("printed", re.compile(r"\b(?:print|prints|printed|graphic)\b", re.I)),
)
_SLEEVES = (
    ("sleeveless", re.compile(r"\bsleeve ?less\b", re.I)),
    ("long sleeves", re.compile(r"\b(?:long|full)[ -]sleeved?s?\b", re.I)),
    ("short sleeves", re.compile(r"\b(?:short|half)[ -]sleeved?s?\b", re.I)),
)


def plain_kind(word: str) -> str:
    """Return the plain noun for a shop's kind, in the number people say it in: a watch, but jeans."""
    return KINDS.get(word, word.lower())


def plain_colour(word: str) -> str:
    """Return the plain name of a shop's colour; empty when the shop gave none."""
    return COLOURS.get(word, word.lower())


def plain_audience(word: str) -> str:
    """Return "men's", "women's", "boys'", "girls'", or nothing for everyone."""
    return AUDIENCES[word]


def plain_detail(title: str) -> str:
    """Return the pattern, else the sleeves, that a title names in plain words; solid needs no saying."""
    for name, pattern in (*_PATTERNS, *_SLEEVES):
        if pattern.search(title):
            return name
    return ""
