"""Food additives by E number and by name, and what they are made of where it matters.

Numbers: Regulation (EC) 1333/2008, Annex II. Names: that regulation's English ones with those
that American labels use, and common ones in French, German, Spanish and Swedish. The list holds
what is frequent on packs; an E number that is not listed is found all the same, without a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from facings.catalogue.label_text import fold

Ternary = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Additive:
    """One additive found in an ingredient."""

    number: str
    """Such as `E322`."""
    name: str | None
    """In English; None where it is not in our list."""
    vegan: Ternary
    """Unknown where it is made of plants or of animals."""
    vegetarian: Ternary
    maybe_palm: bool
    """Whether it may be made of palm oil."""


_NAMES = """
E100 curcumin | turmeric extract
E101 riboflavin
E102 tartrazine | yellow 5 | yellow #5 | yellow 5 lake
E110 sunset yellow | yellow 6 | yellow #6 | yellow 6 lake
E120 carmine | cochineal | carmines | carminic acid | karmin | carmin
E129 allura red | red 40 | red #40 | red 40 lake
E127 erythrosine | red 3 | red #3
E132 indigotine | blue 2 | blue 2 lake
E133 brilliant blue | blue 1 | blue #1 | blue 1 lake
E150a caramel color | caramel colour | caramel colorant | zuckerkulor
E160a carotene | beta carotene | beta-carotene | carotin | betakarotin
E160b annatto | annatto extract | annatto color | annatto (color)
E160c paprika extract | paprika oleoresin | oleoresin of paprika | extractives of paprika
E162 beetroot red | betanin
E170 calcium carbonate | carbonate de calcium | calciumcarbonat
E171 titanium dioxide
E200 sorbic acid
E202 potassium sorbate | sorbate de potassium | kaliumsorbat | sorbato potasico
E211 sodium benzoate | benzoate de sodium | natriumbenzoat
E212 potassium benzoate
E220 sulphur dioxide | sulfur dioxide | schwefeldioxid
E223 sodium metabisulphite | sodium metabisulfite
E235 natamycin
E250 sodium nitrite | nitrite de sodium | natriumnitrit | nitrito sodico
E252 potassium nitrate
E260 acetic acid
E262 sodium diacetate | sodium acetate
E270 lactic acid | acide lactique | milchsaure | acido lactico | mjolksyra
E281 sodium propionate
E282 calcium propionate
E290 carbon dioxide
E296 malic acid | acide malique | apfelsaure | acido malico | applesyra
E297 fumaric acid
E300 ascorbic acid | vitamin c | acide ascorbique | ascorbinsaure | acido ascorbico | askorbinsyra
E301 sodium ascorbate
E306 tocopherols | mixed tocopherols | vitamin e
E316 sodium erythorbate
E319 tbhq
E320 bha
E321 bht
E322 lecithin | lecithins | lecithine | lecithines | lecitina | lecitin
E325 sodium lactate
E326 potassium lactate
E327 calcium lactate
E330 citric acid | acide citrique | citronensaure | zitronensaure | acido citrico | citronsyra
E331 sodium citrate | trisodium citrate | citrate de sodium | natriumcitrat
E332 potassium citrate
E334 tartaric acid
E336 cream of tartar | potassium bitartrate
E338 phosphoric acid | acide phosphorique | phosphorsaure
E339 sodium phosphate | sodium phosphates | disodium phosphate
E340 dipotassium phosphate | potassium phosphate
E341 monocalcium phosphate | tricalcium phosphate | calcium phosphate
E385 calcium disodium edta
E401 sodium alginate
E406 agar | agar-agar | agar agar
E407 carrageenan | carraghenane | carrageen | carragenano | karragenan
E410 locust bean gum | carob bean gum | johannisbrotkernmehl | farine de graines de caroube
E412 guar gum | gomme guar | guarkernmehl | goma guar | guarkarnmjol
E414 gum arabic | gum acacia | gomme arabique | gummi arabicum
E415 xanthan gum | xanthan | gomme xanthane | goma xantana | xantangummi
E418 gellan gum
E420 sorbitol
E421 mannitol
E422 glycerin | glycerine | glycerol
E440 pectin | pectins | fruit pectin | pectine | pektin | pectina
E441 gelatin | gelatine | gelatina | gelatin
E450 sodium acid pyrophosphate | diphosphates
E452 sodium hexametaphosphate
E460 cellulose | powdered cellulose | cellulose gel
E466 cellulose gum | carboxymethyl cellulose
E471 mono- and diglycerides | mono and diglycerides | mono & diglycerides | monoglycerides
E471 mono- et diglycerides d'acides gras | mono- und diglyceride von speisefettsauren
E472e datem
E476 polyglycerol polyricinoleate | pgpr
E481 sodium stearoyl lactylate
E433 polysorbate 80
E435 polysorbate 60
E491 sorbitan monostearate
E500 sodium bicarbonate | baking soda | bicarbonate de sodium | natriumhydrogencarbonat | natron
E503 ammonium bicarbonate
E508 potassium chloride
E509 calcium chloride | chlorure de calcium | calciumchlorid
E516 calcium sulfate | calcium sulphate
E541 sodium aluminum phosphate
E551 silicon dioxide
E572 magnesium stearate
E575 glucono delta-lactone
E621 monosodium glutamate | glutamate monosodique | mononatriumglutamat
E627 disodium guanylate
E631 disodium inosinate
E901 beeswax | cire d'abeille | bienenwachs
E903 carnauba wax | cire de carnauba | carnaubawachs
E904 shellac | confectioner's glaze | schellack | gomme-laque
E920 l-cysteine | l-cysteine hydrochloride
E950 acesulfame potassium | acesulfame k | acesulfame-k | acesulfam k | acesulfam
E951 aspartame | aspartam | aspartamo
E952 cyclamate | sodium cyclamate | cyclamate de sodium | natriumcyclamat
E954 saccharin | sodium saccharin | saccharine | sacarina | sackarin
E955 sucralose | sukralos | sucralosa
E957 thaumatin
E959 neohesperidine dc
E960 steviol glycosides | stevia extract | stevia leaf extract | stevia | steviolglykoside
E960 glycosides de steviol | glucosidos de esteviol | rebiana | reb a
E961 neotame
E962 aspartame-acesulfame salt
E965 maltitol | maltitol syrup
E966 lactitol
E967 xylitol
E968 erythritol
E969 advantame
E1105 lysozyme
E1422 acetylated distarch adipate
E1442 hydroxypropyl distarch phosphate
"""
NON_NUTRITIVE_SWEETENERS = frozenset(
    {"E950", "E951", "E952", "E954", "E955", "E957", "E959", "E960", "E961", "E962", "E969"}
)
"""Those that cost a drink four points of its Nutri-Score; sugar alcohols are none. As Open Food
Facts reads the published list (openfoodfacts-server, pull request 9005)."""

_NOT_VEGETARIAN = frozenset({"E120", "E441", "E542"})
_NOT_VEGAN = _NOT_VEGETARIAN | {"E901", "E904", "E913", "E966", "E1105"}
# Nitrites and nitrates cure meat. The list of a brine (water, salt, nitrite) may leave out that
# meat, so they leave the answer open too.
_OF_PLANT_OR_ANIMAL_LIST = """
E104 E161g E249 E250 E251 E252 E304 E322 E422 E430 E431 E432 E433 E434 E435 E436 E442 E445 E470a
E470b E471 E472a
E472b E472c E472d E472e E472f E473 E474 E475 E476 E477 E479b E481 E482 E483 E491 E492 E493 E494
E495 E570 E572 E585 E627 E631 E635 E640 E910 E920 E921 E1518
"""
_MAYBE_PALM_LIST = """
E304 E422 E432 E433 E434 E435 E436 E442 E470a E470b E471 E472a E472b E472c E472d E472e E472f E473
E474 E475 E476 E477 E479b E481 E482 E483 E491 E492 E493 E494 E495 E570 E572
"""
_OF_PLANT_OR_ANIMAL = frozenset(_OF_PLANT_OR_ANIMAL_LIST.split())
_MAYBE_PALM = frozenset(_MAYBE_PALM_LIST.split())
_BY_NAME = {
    name.strip(): line.split(" ", 1)[0]
    for line in _NAMES.strip().splitlines()
    for name in line.split(" ", 1)[1].split("|")
}
_FIRST_NAME = {number: name for name, number in reversed(_BY_NAME.items())}
_E_NUMBER = re.compile(r"\be ?-?(1[0-5]\d\d|[1-9]\d\d)([a-h])?(?: ?\(?[ivx]+\)?)?(?!\w)")
_QUALIFIER = re.compile(r"\(.*?\)|\b(?:soya?|soja|sunflower|rapeseed|organic|natural|vegetable)\b")


def additive(number: str) -> Additive:
    """Give what is known of an E number such as `E322` or `E150d`."""
    whole = number.rstrip("abcdefgh")
    known = {number, whole}
    vegetarian: Ternary = "no" if known & _NOT_VEGETARIAN else "yes"
    vegan: Ternary = "no" if known & _NOT_VEGAN else "yes"
    if number in _OF_PLANT_OR_ANIMAL or whole in _OF_PLANT_OR_ANIMAL:
        vegan = "unknown"
        vegetarian = "yes" if number == "E322" else "unknown"
    name = _FIRST_NAME.get(number) or _FIRST_NAME.get(whole)
    return Additive(number, name, vegan, vegetarian, bool(known & _MAYBE_PALM))


def additives_in(text: str) -> tuple[Additive, ...]:
    """Find the additives one ingredient names, by number or by name, each once.

    A name counts as the whole of the ingredient ("guar gum", "emulsifier: soy lecithin"), not as
    a part of another ("citric acid cycle").
    """
    return _found(fold(text).folded)


@lru_cache(maxsize=16384)
def _found(folded: str) -> tuple[Additive, ...]:
    numbers = [f"E{digits}{letter}" for digits, letter in _E_NUMBER.findall(folded)]
    for part in (folded, *re.split(r"[:()\[\],;]", folded)):
        plain = " ".join(part.split()).strip(" .")
        bare = " ".join(_QUALIFIER.sub(" ", plain).split())
        bare = re.sub(r"^(?:lecithine) de$", "lecithine", bare)
        bare = re.sub(r"^(lecithin)$|^soja(lecithin)$", "lecithin", bare)
        number = _BY_NAME.get(plain) or _BY_NAME.get(bare)
        if number:
            numbers.append(number)
    return tuple(additive(number) for number in dict.fromkeys(numbers))
