"""What labels in five languages say about allergens, and what only looks like it."""

from __future__ import annotations

import itertools
import re

import pytest

from facings.catalogue import allergen_words
from facings.catalogue.allergen_codes import ALLERGENS, CODE_OF_TAG, EU_14, FDA_9, KINDS
from facings.catalogue.allergens import (
    AllergenEvidence,
    Allergens,
    allergens_from_levels,
    allergens_from_tags,
    allergens_from_text,
    stronger,
)
from facings.catalogue.label_text import fold


def read(*texts: str) -> Allergens:
    """Read texts of a pack."""
    return Allergens(allergens_from_text(*texts))


def said(text: str, level: str) -> set[str]:
    """List the codes that a text says this about."""
    return {code for code, each in read(text).levels.items() if each == level}


@pytest.mark.parametrize("text", ["", "   ", "Water, sugar.", "<b></b>", "*"])
def test_what_says_nothing_leaves_every_allergen_unknown(text: str):
    """Unknown is not safe and not free from."""
    found = read(text)
    assert found.levels == {}
    assert {found.level(code) for code in ALLERGENS} == {"unknown"}
    assert Allergens().because("AM") == ()


def test_the_fourteen_and_the_nine_are_those_of_the_law():
    """Annex II of Regulation (EU) 1169/2011; FALCPA and the FASTER Act."""
    assert set(EU_14) == set(re.findall("..", "AWACAEAFAPAYAMANBCBMASAUNLUM"))
    assert set(FDA_9) == set(re.findall("..", "UWACAEAFAPAYAMANAS"))
    assert {each.code for each in allergen_words.WORDS} == set(ALLERGENS)


ORDER = ["contains", "may_contain", "free_from", "unknown"]


@pytest.mark.parametrize(("first", "second"), list(itertools.product(ORDER, repeat=2)))
def test_the_worse_news_wins(first: str, second: str):
    """Contains > may contain > free from > unknown, whatever the order."""
    expected = ORDER[min(ORDER.index(first), ORDER.index(second))]
    assert stronger(first, second) == expected


NAMES = {
    "AW": "gluten",
    "UW": "wheat | blé | Weizen | trigo | vete",
    "NR": "rye | seigle | Roggen | centeno | råg",
    "GB": "barley | orge | Gerste | cebada | kornmalt",
    "GO": "oats | avoine | Hafer | avena | havre",
    "GS": "spelt | épeautre | Dinkel | espelta",
    "AC": "crustaceans | crustacés | Krebstiere | crustáceos | kräftdjur | shrimp | crevettes"
    " | Garnelen | gambas | räkor",
    "AE": "egg | eggs | œuf | œufs | oeufs | Ei | Eier | huevo | huevos | ägg",
    "AF": "fish | poisson | Fisch | pescado | fisk | anchovies | thon | Lachs | atún | torsk",
    "AP": "peanut | peanuts | arachides | cacahuètes | Erdnüsse | cacahuetes | jordnötter",
    "AY": "soy | soya | soja | Sojabohnen | soybeans | sojalecitin | tofu",
    "AM": "milk | lait | Milch | leche | mjölk | whey | lactosérum | Molkenpulver | suero de leche"
    " | vasslepulver | butter | beurre | mantequilla | smör | Sahne | grädde | queso | ost",
    "AN": "nuts | fruits à coque | Nüsse | frutos de cáscara | nötter | tree nuts",
    "SA": "almonds | amandes | Mandeln | almendras | mandel",
    "SH": "hazelnuts | noisettes | Haselnüsse | avellanas | hasselnötter",
    "SW": "walnuts | Walnüsse | valnötter | cerneaux de noix",
    "SC": "cashew nuts | noix de cajou | Cashewkerne | anacardos | cashewnötter",
    "SP": "pecans | noix de pécan | Pekannüsse | nueces pecanas",
    "SR": "Brazil nuts | noix du Brésil | Paranüsse | nueces de Brasil | paranötter",
    "ST": "pistachios | pistaches | Pistazien | pistachos | pistagenötter",
    "SM": "macadamia nuts | noix de macadamia | Macadamianüsse | macadamianötter",
    "BC": "celery | céleri | Sellerie | apio | selleri | Knollensellerie",
    "BM": "mustard | moutarde | Senf | mostaza | senap | Senfsaat",
    "AS": "sesame | sésame | Sesam | sésamo | sesamfrön | tahini",
    "AU": "sulphites | sulfites | Sulfite | sulfitos | sulfiter | E220 | E 223"
    " | sodium metabisulphite | Schwefeldioxid | anhydride sulfureux",
    "NL": "lupin | Lupinen | altramuces",
    "UM": "molluscs | mollusques | Weichtiere | moluscos | blötdjur | mussels | moules | Muscheln"
    " | mejillones | musslor",
}
WORDS = [
    pytest.param(code, word, id=f"{code} {word}")
    for code, words in NAMES.items()
    for word in words.split(" | ")
]


@pytest.mark.parametrize(("code", "word"), WORDS)
def test_every_allergen_is_known_by_its_words(code: str, word: str):
    """As printed, in capitals, emphasised, without accents, and inside a list."""
    for text in (word, word.upper(), f"*{word}*", f"_{word}_", f"<b>{word}</b>", f"(x, {word}; y)"):
        assert code in said(text, "contains"), text
    assert read(fold(word).folded).level(code) == "contains"


@pytest.mark.parametrize(("code", "word"), WORDS)
def test_a_word_says_nothing_about_other_allergens(code: str, word: str):
    """But for those it is a kind of."""
    assert said(word, "contains") == {code, *ALLERGENS[code].part_of}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("coconut milk, coconut cream, lait de coco, Kokosmilch, leche de coco, kokosmjölk", ""),
        (
            "cocoa butter, beurre de cacao, Kakaobutter, manteca de cacao, kakaosmör, shea butter",
            "",
        ),
        ("peanut butter, beurre de cacahuètes, Erdnussbutter, jordnötssmör", "AP"),
        ("almond milk, lait d'amandes, Mandelmilch, leche de almendras, mandelmjölk", "SA AN"),
        ("oat milk, lait d'avoine, Hafermilch, havremjölk", "GO AW"),
        ("soy milk, Sojamilch, soy yogurt", "AY"),
        ("rice milk, hemp milk, Reismilch", ""),
        ("buckwheat, sarrasin, blé noir, Buchweizenmehl, trigo sarraceno, bovete", ""),
        ("nutmeg, noix de muscade, Muskatnuss, nuez moscada, muskotnöt", ""),
        ("coconut, noix de coco, Kokosnuss, kokosnöt, water chestnuts, tiger nuts, cola nut", ""),
        ("doughnut, nutritional yeast, butternut squash, butter beans", ""),
        ("cream of tartar, lactic acid, acide lactique, Milchsäure, mjölksyra", ""),
        ("eggplant, egg replacer, oyster mushrooms, crab apples, head cheese", ""),
        ("maltodextrin, maltitol, dextrose, rice malt", ""),
        ("Non-dairy creamer (sodium caseinate)", "AM"),
        ("non-dairy topping", ""),
        ("lecithin, E322, lecithins (E 322), sunflower lecithin", ""),
        ("E322 soy lecithin, lécithine de soja, Sojalecithin", "AY"),
        ("Tintenfisch", "UM"),
        ("bläckfisk", "UM"),
        ("shellfish", "AC UM"),
        ("noix de Saint-Jacques", "UM"),
        ("semoule de maïs, corn semolina, enriched corn flour", ""),
        ("durum wheat semolina, enriched flour", "UW AW"),
        ("malted barley, malt extract, Gerstenmalzextrakt", "GB AW"),
        ("sulphite ammonia caramel", ""),
        ("Voll<b>milch</b>pulver", "AM"),
        ("Frischkäse", "AM"),
        ("pommes, ostar", "AM"),
        ("cage free eggs, fat free milk, free range eggs", "AE AM"),
        ("gluten", "AW"),
        ("triticale", "TR UW NR AW"),
        ("milk thistle", ""),
        ("soymilk, coconutmilk, cashewmilk", "AY SC AN"),
        ("wholewheat flour, buttercream, nutmeats, crabstick", "UW AW AM AN AC"),
    ],
)
def test_what_looks_like_an_allergen_and_is_none(text: str, codes: str):
    """Exactly these are contained."""
    assert said(text, "contains") == set(codes.split())
    assert said(text, "may_contain") == set()
    assert said(text.upper(), "contains") == set(codes.split())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("May contain milk and nuts.", "AM AN"),
        (
            "May contain traces of peanuts, tree nuts (almonds, cashews) and sesame",
            "AP AN SA SC AS",
        ),
        ("Traces of eggs", "AE"),
        ("Made in a facility that also processes wheat, soy and milk.", "UW AW AY AM"),
        ("Peut contenir des traces de fruits à coque et de sésame.", "AN AS"),
        ("Traces éventuelles de lait, d'œufs et de moutarde", "AM AE BM"),
        ("Fabriqué dans un atelier utilisant du soja", "AY"),
        ("Kann Spuren von Erdnüssen, Milch und anderen Nüssen enthalten.", "AP AM AN"),
        ("Kann Spuren enthalten von: Sellerie, Senf", "BC BM"),
        ("Puede contener trazas de leche y frutos secos.", "AM AN"),
        ("Puede contener: huevo, soja", "AE AY"),
        ("Kan innehålla spår av mandel, andra nötter och mjölk.", "SA AN AM"),
        ("Kan innehålla: sesam", "AS"),
        ("Not suitable for people with a milk allergy", "AM"),
    ],
)
def test_traces_are_may_contain(text: str, codes: str):
    """In five languages."""
    assert said(text, "may_contain") == set(codes.split())
    assert said(text, "contains") == set()
    assert said(text.upper(), "may_contain") == set(codes.split())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Gluten free", "AW"),
        ("GLUTEN-FREE", "AW"),
        ("milk free, egg free, nut free", "AM AE AN SA SH SW SC SP SR ST SM PN"),
        ("Dairy free", "AM"),
        ("Free from: gluten, milk and eggs.", "AW AM AE"),
        ("Free of peanuts", "AP"),
        ("Contains no nuts", "AN SA SH SW SC SP SR ST SM PN"),
        ("Does not contain milk or soy", "AM AY"),
        ("without milk", "AM"),
        ("no added milk", "AM"),
        ("Sans gluten", "AW"),
        ("sans lait ni œufs", "AM AE"),
        ("Ne contient pas d'arachides", "AP"),
        ("Glutenfrei, milchfrei", "AW AM"),
        ("Corn, salt. Gluten free. Vegan, no added sugar, dairy free.", "AW AM"),
        ("This product is naturally gluten free", "AW"),
        ("ohne Milch und Ei", "AM AE"),
        ("frei von Gluten, Soja und Senf", "AW AY BM"),
        ("Enthält keine Milch", "AM"),
        ("Sin gluten", "AW"),
        ("no contiene leche, huevo ni soja", "AM AE AY"),
        ("libre de gluten", "AW"),
        ("Glutenfri, mjölkfri", "AW AM"),
        ("utan mjölk", "AM"),
        ("fri från ägg och gluten", "AE AW"),
        ("Innehåller inte mjölk", "AM"),
    ],
)
def test_claims_of_absence_are_free_from(text: str, codes: str):
    """Of the whole allergen, said in so many words."""
    assert said(text, "free_from") == set(codes.split())
    assert said(text, "contains") == said(text, "may_contain") == set()


@pytest.mark.parametrize(
    "text",
    [
        "lactose free",
        "sans lactose",
        "laktosefrei",
        "laktosfri",
        "sin lactosa",
        "non-dairy",
        "vegan",
        "free from casein",
        "no butter",
        "without cheese",
        "no milk chocolate",
        "free from artificial colours",
        "gluten free soy sauce (water, soybeans)",
        "Sulfite-free coconut, sugar",
        "glucose syrup (gluten free), apricot",
        "dairy free chocolate chips, sugar",
        "margarine without milk, salt",
        "sans noix de cajou entières de qualité",
    ],
)
def test_less_than_a_claim_about_the_whole_allergen_is_none(text: str):
    """Without lactose is not without milk, and without butter neither."""
    assert set(read(text).levels.values()) <= {"contains", "may_contain"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("without added sugar, milk, wheat", "AM"),
        ("no artificial flavours, milk", "AM"),
        ("free from colours, milk", "AM"),
        ("margarine (free from milk), milk powder", "AM"),
        ("sans sucre ajouté, lait", "AM"),
        ("without milk, eggs, flour", "AE"),
        ("cage free eggs", "AE"),
        ("gluten free oats", "AW"),
        ("lactose-free milk", "AM"),
        ("Gluten free. May contain traces of nuts. Contains almonds.", "AN"),
        ("May contain nuts. Ingredients: almonds", "SA"),
        ("(may contain milk), eggs", "AE"),
        ("CONTAINS MILK MAY CONTAIN NUTS", "AM"),
        ("MAY CONTAIN NUTS CONTAINS MILK", "AM"),
        ("Kann Spuren von Milch enthalten. Eier", "AE"),
        ("May contain nuts<br>Contains: eggs", "AE"),
    ],
)
def test_a_denial_or_a_trace_ends_where_it_ends(text: str, code: str):
    """What comes after it is contained."""
    assert read(text).level(code) == "contains"


def test_gluten_free_says_nothing_about_wheat():
    """There is gluten-free wheat starch; wheat free is not gluten free either."""
    assert read("gluten free").level("UW") == "unknown"
    assert said("wheat free", "free_from") == {"UW", "GS", "GK", "TR"}


def test_wheat_is_gluten_and_walnuts_are_nuts_but_not_the_other_way():
    """A kind is its group; a group is none of its kinds."""
    assert said("walnuts", "contains") == {"SW", "AN"}
    assert said("nuts", "contains") == {"AN"}
    assert said("gluten", "contains") == {"AW"}
    assert said("May contain walnuts", "may_contain") == {"SW", "AN"}
    assert said("without walnuts", "free_from") == {"SW"}


def test_every_value_comes_with_the_words_that_say_it():
    """Quoted as printed, accents and capitals too."""
    found = read("Zutaten: Weizenmehl, Eier. Kann Spuren von Haselnüssen enthalten. Ohne Milch.")
    quotes = {code: found.because(code)[0] for code in ("UW", "AE", "SH", "AM")}
    assert {code: each.word for code, each in quotes.items()} == {
        "UW": "Weizenmehl", "AE": "Eier", "SH": "Haselnüssen", "AM": "Milch",
    }  # fmt: skip
    assert "Kann Spuren von Haselnüssen enthalten" in quotes["SH"].quote
    assert quotes["AM"].source == "claim"
    for code in found.levels:
        assert found.because(code), code


def test_a_declaration_is_told_from_an_ingredient():
    """Both say the same here; who checks one against the other needs to know."""
    found = read("Milk powder, salt. CONTAINS: MILK, SOY. Contains 2% or less of: egg white.")
    sources = {(each.code, each.source) for each in found.evidence}
    assert sources == {
        ("AM", "ingredients"), ("AM", "statement"), ("AY", "statement"), ("AE", "ingredients"),
    }  # fmt: skip


def test_tags_of_open_food_facts_are_read():
    """Contains and traces; what is no allergen is passed over."""
    found = Allergens(
        allergens_from_tags(["en:milk", "en:gluten", "en:none"], [" en:nuts", "fr:céréales"])
    )
    assert found.levels == {"AW": "contains", "AM": "contains", "AN": "may_contain"}
    assert found.because("AM")[0].quote == "en:milk"
    assert len(CODE_OF_TAG) >= len(EU_14)


def test_a_tag_and_a_text_that_disagree_give_the_worse_news():
    """A claim of absence does not undo an ingredient."""
    evidence = (*allergens_from_text("milk free"), *allergens_from_tags(["en:milk"]))
    found = Allergens(evidence)
    assert found.level("AM") == "contains"
    assert [each.source for each in found.because("AM")] == ["tag"]


def test_the_levels_of_a_record_are_evidence_too():
    """Unknown ones and codes of elsewhere are none."""
    evidence = allergens_from_levels({"AM": "free_from", "AE": "unknown", "ZZ": "contains"})
    assert [(each.code, each.level) for each in evidence] == [("AM", "free_from")]


def test_evidence_that_says_nothing_is_refused():
    """Unknown is where there is none."""
    with pytest.raises(ValueError, match="unknown is where there is none"):
        AllergenEvidence("AM", "unknown", "tag", "x", "x")
    with pytest.raises(ValueError, match='"ZZ" is no allergen code'):
        AllergenEvidence("ZZ", "contains", "tag", "x", "x")


def test_groups_and_kinds_mirror_each_other():
    """What is part of a group is listed by it."""
    for code, each in ALLERGENS.items():
        assert all(code in KINDS[group] for group in each.part_of)


def test_folding_keeps_the_way_back():
    """Letters that become two, and marks that vanish."""
    text = fold("<b>ŒUF</b>, Weiß*brot* &amp; crème")
    assert text.folded == "oeuf, weiss brot & creme"
    place = re.search("weiss", text.folded)
    assert place is not None
    assert text.quote(*place.span()) == "Weiß"
    assert len(text.origin) == len(text.folded) + 1
