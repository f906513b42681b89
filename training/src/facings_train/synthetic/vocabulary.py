"""The words and numbers that products are made of: categories, flavours, sizes, facts.

Everything is invented or generic; no real brand is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PackageKind = Literal[
    "box", "brick", "gable", "can", "bottle", "jar", "bag", "pouch", "tub", "tube", "tray"
]
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Flavour:
    """What differs between two packs of one line."""

    word: str
    colour: Rgb
    motif: str
    """Name of a drawing in `motifs`."""
    ingredient: str = ""
    """What it adds to the ingredient list; empty for nothing."""


@dataclass(frozen=True, slots=True)
class Size:
    """One amount and the pack it comes in."""

    net_content: str
    wdh_mm: tuple[float, float, float]
    """Width, depth, height of the pack in millimetres."""
    price_factor: float


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of product and what is true of all of its kind."""

    name: str
    nouns: tuple[str, ...]
    kinds: tuple[PackageKind, ...]
    sizes: tuple[Size, ...]
    flavours: tuple[Flavour, ...]
    price_cents: tuple[int, int]
    """Range for a price factor of 1."""
    ingredients: tuple[str, ...]
    nutrition: tuple[float, float, float, float, float, float, float] | None
    """Fat, saturated fat, carbohydrates, sugars, fibre, proteins, salt in g per 100 g or ml;
    typical values, see the data card. None for what nobody eats."""


STRAWBERRY = Flavour("Strawberry", (214, 40, 66), "fruit", "strawberries")
LEMON = Flavour("Lemon", (246, 208, 50), "citrus", "lemon juice")
ORANGE = Flavour("Orange", (240, 134, 32), "citrus", "orange juice")
LIME = Flavour("Lime", (136, 190, 46), "citrus", "lime juice")
PEACH = Flavour("Peach", (244, 164, 110), "fruit", "peach puree")
APPLE = Flavour("Apple", (122, 176, 52), "fruit", "apple juice")
MANGO = Flavour("Mango", (248, 170, 40), "fruit", "mango puree")
CHERRY = Flavour("Cherry", (150, 16, 42), "fruit", "cherries")
BLUEBERRY = Flavour("Blueberry", (66, 72, 150), "berries", "blueberries")
RASPBERRY = Flavour("Raspberry", (200, 30, 92), "berries", "raspberries")
BLACKCURRANT = Flavour("Blackcurrant", (84, 28, 92), "berries", "blackcurrants")
APRICOT = Flavour("Apricot", (240, 150, 60), "fruit", "apricots")
VANILLA = Flavour("Vanilla", (240, 222, 160), "flower", "vanilla extract")
COCOA = Flavour("Chocolate", (92, 54, 34), "squares", "cocoa")
HAZELNUT = Flavour("Hazelnut", (160, 104, 58), "beans", "hazelnuts")
ALMOND = Flavour("Almond", (206, 166, 116), "beans", "almonds")
COCONUT = Flavour("Coconut", (232, 236, 230), "drop", "coconut flakes")
CARAMEL = Flavour("Caramel", (202, 130, 48), "drop", "caramel (sugar, milk)")
HONEY = Flavour("Honey", (232, 168, 36), "drop", "honey")
NATURAL = Flavour("Natural", (226, 230, 226), "leaf")
ORIGINAL = Flavour("Original", (40, 92, 160), "star")
SALTED = Flavour("Sea Salt", (52, 110, 180), "wave", "sea salt")
PAPRIKA = Flavour("Paprika", (206, 48, 32), "pepper", "paprika powder")
ONION = Flavour("Sour Cream & Onion", (72, 150, 72), "leaf", "onion powder, sour milk powder")
CHEESE = Flavour("Cheese", (244, 186, 36), "squares", "cheese powder (milk)")
CHILLI = Flavour("Hot Chilli", (176, 24, 24), "pepper", "chilli")
BARBECUE = Flavour("Barbecue", (110, 50, 30), "flame", "smoke flavour, mustard")
VINEGAR = Flavour("Salt & Vinegar", (40, 140, 160), "drop", "vinegar powder")
BASIL = Flavour("Basil", (60, 136, 56), "leaf", "basil")
GARLIC = Flavour("Garlic", (230, 220, 196), "leaf", "garlic")
TOMATO = Flavour("Tomato", (206, 42, 34), "fruit", "tomatoes")
OLIVE = Flavour("Olive", (112, 120, 50), "beans", "olives")
MUSHROOM = Flavour("Mushroom", (150, 124, 98), "drop", "mushrooms")
WHOLEGRAIN = Flavour("Wholegrain", (176, 130, 72), "grain", "wholegrain wheat flour")
SPINACH = Flavour("Spinach", (52, 112, 60), "leaf", "spinach")
LAVENDER = Flavour("Lavender", (150, 120, 190), "flower", "perfume")
OCEAN = Flavour("Ocean", (32, 120, 190), "wave", "perfume")
PINE = Flavour("Pine", (36, 108, 74), "leaf", "pine oil")
CITRUS = Flavour("Citrus", (244, 200, 40), "citrus", "limonene")
MINT = Flavour("Mint", (64, 178, 150), "leaf", "mint")
CAMOMILE = Flavour("Camomile", (246, 220, 120), "flower", "camomile flowers")
GINGER = Flavour("Ginger", (214, 164, 84), "drop", "ginger")
GREEN = Flavour("Green Leaf", (96, 150, 70), "leaf", "green tea")
BLACK = Flavour("Breakfast", (120, 40, 30), "cup", "black tea")
MILD = Flavour("Mild Roast", (206, 164, 110), "cup")
STRONG = Flavour("Dark Roast", (50, 32, 26), "beans")
ESPRESSO = Flavour("Espresso", (120, 24, 24), "cup")
DECAF = Flavour("Decaf", (60, 120, 90), "cup")
MILK = Flavour("Milk", (96, 130, 196), "drop", "milk powder")
DARK = Flavour("Dark 70 %", (44, 28, 30), "squares", "cocoa mass")
PEAS = Flavour("Garden Peas", (88, 160, 60), "berries", "peas")
CORN = Flavour("Sweetcorn", (246, 200, 50), "grain", "sweetcorn")
BEANS = Flavour("Kidney Beans", (140, 36, 44), "beans", "kidney beans")
CHICKPEAS = Flavour("Chickpeas", (222, 184, 120), "beans", "chickpeas")
LENTILS = Flavour("Lentils", (150, 110, 60), "beans", "lentils")
CARROTS = Flavour("Carrots", (238, 130, 40), "fruit", "carrots")
CHICKEN = Flavour("Chicken", (240, 196, 80), "cup", "chicken, celery")
VEGETABLE = Flavour("Vegetable", (90, 156, 70), "leaf", "carrots, celery")
PUMPKIN = Flavour("Pumpkin", (236, 128, 30), "fruit", "pumpkin")
LIGHT = Flavour("Light", (150, 200, 226), "leaf")
ZERO = Flavour("Zero", (34, 34, 38), "star")
BRINE = Flavour("in Brine", (70, 140, 190), "fish")
OIL = Flavour("in Olive Oil", (190, 170, 60), "fish", "olive oil")
SPICY = Flavour("Spicy", (196, 40, 30), "flame", "chilli")
SENSITIVE = Flavour("Sensitive", (240, 200, 206), "drop")
EXTRA = Flavour("Extra Fresh", (40, 150, 200), "star")


def _scaled(net: str, width: float, depth: float, height: float, price_factor: float = 1.0) -> Size:
    return Size(net, (width, depth, height), price_factor)


# fmt: off
CATEGORIES: tuple[Category, ...] = (
    Category(
        "plant drinks",
        ("Oat Drink", "Soy Drink", "Almond Drink", "Rice Drink"),
        ("gable", "brick"),
        (_scaled("1 l", 73, 73, 210), _scaled("500 ml", 63, 55, 160, 0.6),
         _scaled("250 ml", 50, 40, 128, 0.38)),
        (ORIGINAL, VANILLA, COCOA, HAZELNUT, NATURAL, LIGHT, COCONUT),
        (149, 279), ("water", "rapeseed oil", "calcium carbonate", "salt"),
        (1.5, 0.2, 6.8, 4.0, 0.8, 1.1, 0.1),
    ),
    Category(
        "juices",
        ("Juice", "Nectar", "Fruit Drink", "Smoothie"),
        ("brick", "bottle", "gable", "bottle"),
        (_scaled("1 l", 78, 70, 225), _scaled("330 ml", 58, 58, 172, 0.45),
         _scaled("1.5 l", 92, 88, 250, 1.35)),
        (ORANGE, APPLE, MANGO, PEACH, CHERRY, BLACKCURRANT, LIME, STRAWBERRY),
        (119, 299), ("water", "sugar", "citric acid"),
        (0.1, 0.0, 10.6, 10.2, 0.2, 0.4, 0.01),
    ),
    Category(
        "soft drinks",
        ("Cola", "Lemonade", "Soda", "Iced Tea", "Energy Drink", "Tonic"),
        ("can", "bottle", "bottle", "can"),
        (_scaled("330 ml", 66, 66, 116, 0.5), _scaled("500 ml", 66, 66, 168, 0.75),
         _scaled("1.5 l", 90, 90, 320, 1.4)),
        (ORIGINAL, ZERO, LEMON, ORANGE, LIME, CHERRY, PEACH, RASPBERRY, GINGER),
        (99, 219), ("carbonated water", "sugar", "citric acid", "flavouring"),
        (0.0, 0.0, 9.6, 9.4, 0.0, 0.0, 0.02),
    ),
    Category(
        "water",
        ("Spring Water", "Sparkling Water", "Mineral Water"),
        ("bottle",),
        (_scaled("1.5 l", 88, 88, 315), _scaled("500 ml", 64, 64, 215, 0.55),
         _scaled("750 ml", 76, 76, 270, 0.7)),
        (NATURAL, LEMON, LIME, PEACH, MINT, STRAWBERRY),
        (39, 119), ("spring water", "carbon dioxide"),
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.01),
    ),
    Category(
        "cereal",
        ("Muesli", "Corn Flakes", "Crunchy Oats", "Granola", "Puffed Rice", "Porridge"),
        ("box", "box", "bag", "pouch"),
        (_scaled("500 g", 190, 62, 290), _scaled("375 g", 160, 55, 245, 0.8),
         _scaled("750 g", 205, 80, 305, 1.35)),
        (ORIGINAL, COCOA, HONEY, HAZELNUT, STRAWBERRY, BLUEBERRY, APPLE, ALMOND, VANILLA),
        (199, 449), ("wholegrain oat flakes", "wheat flakes", "sugar", "barley malt", "salt"),
        (7.5, 1.4, 64.0, 18.0, 8.2, 9.6, 0.3),
    ),
    Category(
        "crisps",
        ("Crisps", "Tortilla Chips", "Potato Sticks", "Lentil Chips", "Popcorn"),
        ("bag", "bag", "bag", "can"),
        (_scaled("150 g", 185, 60, 265), _scaled("90 g", 150, 50, 215, 0.68),
         _scaled("250 g", 215, 75, 310, 1.5)),
        (SALTED, PAPRIKA, ONION, CHEESE, CHILLI, BARBECUE, VINEGAR),
        (129, 289), ("potatoes", "sunflower oil", "salt"),
        (31.0, 2.6, 53.0, 2.4, 4.2, 6.2, 1.4),
    ),
    Category(
        "biscuits",
        ("Butter Biscuits", "Cookies", "Wafers", "Sandwich Biscuits", "Crackers"),
        ("box", "tray", "bag", "pouch"),
        (_scaled("200 g", 215, 48, 72), _scaled("150 g", 120, 45, 170, 0.8),
         _scaled("400 g", 160, 70, 205, 1.7)),
        (ORIGINAL, COCOA, HAZELNUT, VANILLA, LEMON, COCONUT, CARAMEL, STRAWBERRY),
        (119, 329), ("wheat flour", "sugar", "butter", "egg powder", "salt"),
        (21.0, 11.0, 65.0, 30.0, 2.6, 6.4, 0.6),
    ),
    Category(
        "pasta",
        ("Spaghetti", "Penne", "Fusilli", "Farfalle", "Tagliatelle"),
        ("box", "bag", "bag", "box"),
        (_scaled("500 g", 95, 55, 245), _scaled("1 kg", 135, 70, 285, 1.8),
         _scaled("250 g", 85, 50, 190, 0.6)),
        (ORIGINAL, WHOLEGRAIN, SPINACH, TOMATO),
        (79, 229), ("durum wheat semolina",),
        (1.6, 0.3, 71.0, 3.2, 3.4, 12.6, 0.01),
    ),
    Category(
        "sauces",
        ("Pasta Sauce", "Pesto", "Ketchup", "Mayonnaise", "Curry Sauce", "Salsa"),
        ("jar", "bottle", "jar", "tube"),
        (_scaled("400 g", 76, 76, 132), _scaled("190 g", 64, 64, 98, 0.75),
         _scaled("560 g", 82, 82, 175, 1.4)),
        (TOMATO, BASIL, GARLIC, CHILLI, OLIVE, MUSHROOM, BARBECUE, CHEESE),
        (139, 349), ("tomato puree", "rapeseed oil", "onions", "sugar", "salt"),
        (5.4, 0.7, 8.2, 6.0, 1.6, 1.7, 1.1),
    ),
    Category(
        "coffee",
        ("Ground Coffee", "Coffee Beans", "Instant Coffee", "Coffee Pads"),
        ("bag", "pouch", "jar", "brick", "box"),
        (_scaled("500 g", 95, 65, 165), _scaled("250 g", 82, 55, 128, 0.58),
         _scaled("1 kg", 125, 80, 260, 1.8)),
        (MILD, STRONG, ESPRESSO, DECAF, HAZELNUT, CARAMEL),
        (399, 899), ("roasted coffee",),
        (0.2, 0.0, 0.7, 0.0, 0.0, 0.3, 0.02),
    ),
    Category(
        "tea",
        ("Tea", "Infusion", "Herbal Tea", "Fruit Tea"),
        ("box", "box", "pouch"),
        (_scaled("20 x 2 g", 130, 65, 75), _scaled("40 g", 72, 62, 122, 0.95),
         _scaled("50 x 2 g", 145, 80, 95, 1.9)),
        (BLACK, GREEN, CAMOMILE, MINT, GINGER, LEMON, RASPBERRY, PEACH),
        (129, 379), ("herbs",),
        (0.0, 0.0, 0.3, 0.0, 0.0, 0.1, 0.0),
    ),
    Category(
        "chocolate",
        ("Chocolate", "Chocolate Bar", "Pralines", "Cocoa Spread"),
        ("tray", "tray", "pouch", "jar", "box"),
        (_scaled("100 g", 160, 12, 78), _scaled("200 g", 195, 18, 92, 1.8),
         _scaled("145 g", 100, 30, 175, 1.4)),
        (MILK, DARK, HAZELNUT, ALMOND, CARAMEL, ORANGE, MINT, SALTED, COCONUT),
        (99, 349), ("sugar", "cocoa butter", "cocoa mass", "milk powder", "soy lecithin"),
        (32.0, 19.0, 54.0, 50.0, 4.0, 7.0, 0.2),
    ),
    Category(
        "dairy",
        ("Yoghurt", "Quark", "Pudding", "Skyr", "Cream Cheese"),
        ("tub", "tub", "tub", "gable", "bottle"),
        (_scaled("500 g", 98, 98, 108), _scaled("150 g", 74, 74, 70, 0.42),
         _scaled("1 kg", 122, 122, 132, 1.75)),
        (NATURAL, STRAWBERRY, PEACH, VANILLA, CHERRY, BLUEBERRY, LEMON, COCOA),
        (79, 259), ("milk", "cream (milk)", "sugar", "live cultures"),
        (3.4, 2.2, 11.6, 11.0, 0.3, 4.6, 0.12),
    ),
    Category(
        "canned vegetables",
        ("Vegetables", "Fine Vegetables", "Farm Vegetables"),
        ("can", "can", "jar"),
        (_scaled("400 g", 75, 75, 110), _scaled("200 g", 66, 66, 80, 0.7),
         _scaled("800 g", 100, 100, 120, 1.7)),
        (PEAS, CORN, BEANS, CHICKPEAS, LENTILS, CARROTS, TOMATO),
        (69, 179), ("water", "salt"),
        (0.8, 0.1, 11.0, 2.6, 4.8, 4.6, 0.6),
    ),
    Category(
        "canned fish",
        ("Tuna", "Sardines", "Mackerel", "Herring"),
        ("can", "box"),
        (_scaled("160 g", 86, 86, 42), _scaled("125 g", 108, 62, 30, 0.85),
         _scaled("200 g", 92, 92, 52, 1.2)),
        (BRINE, OIL, TOMATO, SPICY, LEMON),
        (129, 329), ("fish", "salt"),
        (9.0, 1.8, 0.8, 0.5, 0.1, 23.0, 1.0),
    ),
    Category(
        "soups",
        ("Soup", "Cream Soup", "Instant Soup", "Stew"),
        ("can", "pouch", "brick", "tub"),
        (_scaled("400 g", 75, 75, 112), _scaled("570 ml", 95, 60, 168, 1.4),
         _scaled("300 ml", 84, 70, 100, 0.8)),
        (TOMATO, CHICKEN, VEGETABLE, MUSHROOM, PUMPKIN, LENTILS),
        (119, 299), ("water", "vegetables", "cream (milk)", "wheat flour", "salt"),
        (2.6, 1.1, 6.2, 2.4, 1.0, 1.6, 0.8),
    ),
    Category(
        "jam",
        ("Jam", "Fruit Spread", "Marmalade", "Honey"),
        ("jar",),
        (_scaled("340 g", 70, 70, 105), _scaled("225 g", 62, 62, 88, 0.75),
         _scaled("500 g", 80, 80, 122, 1.4)),
        (STRAWBERRY, APRICOT, CHERRY, RASPBERRY, BLUEBERRY, ORANGE, BLACKCURRANT, HONEY),
        (149, 349), ("sugar", "gelling agent pectin", "citric acid"),
        (0.1, 0.0, 58.0, 56.0, 0.9, 0.4, 0.03),
    ),
    Category(
        "baking",
        ("Flour", "Sugar", "Baking Mix", "Rice", "Couscous"),
        ("pouch", "box", "bag"),
        (_scaled("1 kg", 102, 68, 158), _scaled("500 g", 90, 52, 132, 0.6),
         _scaled("2.5 kg", 145, 95, 235, 2.3)),
        (ORIGINAL, WHOLEGRAIN, LIGHT, NATURAL, VANILLA, COCOA),
        (69, 249), ("wheat flour",),
        (1.2, 0.2, 72.0, 1.2, 3.4, 10.4, 0.01),
    ),
    Category(
        "sweets",
        ("Fruit Gums", "Liquorice", "Toffees", "Marshmallows", "Nut Mix"),
        ("bag", "pouch", "bag", "tray"),
        (_scaled("200 g", 135, 40, 190), _scaled("100 g", 105, 30, 150, 0.6),
         _scaled("350 g", 170, 50, 235, 1.6)),
        (STRAWBERRY, ORANGE, APPLE, CARAMEL, COCOA, MINT, ORIGINAL, HAZELNUT),
        (89, 259), ("glucose syrup", "sugar", "gelatine", "citric acid"),
        (0.4, 0.2, 78.0, 52.0, 0.2, 5.2, 0.05),
    ),
    Category(
        "cleaning",
        ("Washing Liquid", "All-Purpose Cleaner", "Dish Soap", "Fabric Softener"),
        ("bottle", "bottle", "pouch", "box"),
        (_scaled("1 l", 92, 62, 258), _scaled("500 ml", 72, 48, 210, 0.65),
         _scaled("1.5 l", 112, 76, 285, 1.4)),
        (OCEAN, CITRUS, LAVENDER, PINE, APPLE, SENSITIVE, EXTRA),
        (119, 499), ("water", "anionic surfactants", "perfume"), None,
    ),
    Category(
        "care",
        ("Shampoo", "Shower Gel", "Toothpaste", "Hand Cream", "Soap"),
        ("bottle", "tube", "box", "pouch"),
        (_scaled("250 ml", 66, 42, 178), _scaled("75 ml", 52, 38, 145, 0.6),
         _scaled("400 ml", 78, 50, 212, 1.5)),
        (SENSITIVE, EXTRA, MINT, LAVENDER, COCONUT, HONEY, CITRUS, OCEAN),
        (99, 399), ("aqua", "glycerin", "perfume"), None,
    ),
)

# Height divided by width that a kind of pack can have.
ASPECTS: dict[PackageKind, tuple[float, float]] = {
    "box": (0.3, 2.9), "brick": (1.1, 3.2), "gable": (1.5, 3.3), "can": (0.42, 2.7),
    "bottle": (2.0, 4.4), "jar": (0.95, 2.3), "bag": (0.85, 2.1), "pouch": (1.0, 2.1),
    "tub": (0.55, 1.5), "tube": (2.1, 3.4), "tray": (0.2, 2.2),
}

BRAND_STARTS = (
    "Sol", "Mar", "Tev", "Lum", "Ori", "Fjo", "Bel", "Kav", "Nor", "Zan", "Quil", "Har", "Vel",
    "Pim", "Dro", "Ast", "Ren", "Cal", "Ely", "Gro", "Hud", "Jor", "Lin", "Mov", "Ost", "Pav",
    "Rus", "Sil", "Tam", "Ulv", "Wen", "Yar", "Bron", "Cres", "Dal", "Fen", "Gil", "Ist", "Kor",
)
BRAND_MIDDLES = ("", "", "a", "e", "i", "o", "va", "ne", "ri", "lo", "mi", "du", "ka", "be", "ta")
BRAND_ENDS = (
    "vik", "ra", "dell", "mont", "sk", "ny", "quo", "lis", "tta", "mark", "pora", "ven", "zo",
    "lund", "rel", "gard", "no", "via", "dou", "nix", "ster", "fina", "berg", "lo", "que", "dine",
)
BRAND_SUFFIXES = ("", "", "", "", " & Co", " Farm", " Kitchen", "'s", " Naturals", " House")
# fmt: on
REVIEWERS = ("Ada", "Ben", "Chiara", "Dmitri", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas")
OPINIONS: dict[int, tuple[str, ...]] = {
    5: ("My favourite of its kind.", "Exactly as hoped, buying it again.", "Excellent."),
    4: ("Very good, a little dear.", "Good every day.", "Nice, pack opens badly."),
    3: ("Fine, nothing special.", "Acceptable for the price."),
    2: ("Too sweet for me.", "The old recipe was better."),
    1: ("Not for us.", "Arrived dented and tasted flat."),
}
