"""Words for allergens on packs, in English, French, German, Spanish and Swedish.

All words are folded (see `label_text`): lower case, no accents, `ss` for `ß`, `oe` for `œ`.
They are regular expressions, matched from word edge to word edge; white space around `|` is
none. German and Swedish write
compounds as one word, so their stems take `\\w*` where nothing harmless begins or ends so.
Gathered by us from Annex II of Regulation (EU) 1169/2011 in the five languages and from labels.
"""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """What stands for one allergen."""

    code: str
    names: str
    """Words for the allergen as a whole: only these make "without ..." a claim of absence."""
    foods: str = ""
    """Words for what is made of it: "without butter" is not "without milk"."""


WORDS = (
    Words(
        "AW",
        r"""gluten\w* | (?:cereals?|grains?) containing gluten | cereales contenant du gluten
        | glutenhaltig\w* getreide | cereales (?:que contienen|con) gluten
        | spannmal som innehaller gluten""",
    ),
    Words(
        "UW",
        r"""wheat | ble | bles | froment | (?<!buch)weizen\w* | trigo | vete(?!r)\w*""",
        r"""(?!buck)\w*wheat\w* | durum | semolina | semoule | semola | couscous | cuscus
        | bulg[ou]u?r | boulgour | farro | freekeh | seitan | farina | einkorn | emmer | graham
        | graham\w*mjol | enriched (?:un)?bleached (?:\w+ )?flour | enriched flour
        | (?:un)?bleached (?:enriched )?flour | all purpose flour | panko | vollkornweizen\w*
        | hartweizen\w* | weichweizen\w* | weizen\w* | paniermehl | chapelure | pan rallado
        | strobrod | durumvete\w* | fullkornsvete\w* | mannagryn""",
    ),
    Words(
        "NR",
        r"""rye | seigle | roggen\w* | centeno | rag(?:mjol|sikt|kross|flingor|surdeg|korn)?""",
        r"""vollkornroggen\w* | fullkornsrag\w* | pumpernickel""",
    ),
    Words(
        "GB",
        r"""barley | orge | gersten?\w* | cebada | kornm(?:jol|alt)\w*""",
        r"""malts? | malted | \w*barley\w* | malt(?:ed)? extract | extrait de malt
        | malzextrakt\w* | gerstenmalz\w*
        | malz | extracto de malta | malta de cebada | maltextrakt\w*""",
    ),
    Words(
        "GO",
        r"""oats? | avoine | hafer\w* | avena | havre\w*""",
        r"""oat(?:meal|milk|flour|bran)s? | fullkornshavre\w* | vollkornhafer\w*""",
    ),
    Words("GS", r"""spelt | epeautre | dinkel\w* | espelta | speltvete\w*"""),
    Words("GK", r"""kamut | khorasan"""),
    Words("TR", r"""triticale"""),
    Words(
        "AC",
        r"""crustaceans? | crustaces? | krebstiere?n? | krustentiere?n? | crustaceos?
        | kraftdjur | shellfish | skaldjur""",
        r"""(?!crabapple)crab\w* | lobsters? | shrimps? | prawns? | crayfish | crawfish | krill
        | langoustines? | scampi | crevettes? | crabes? | homards? | ecrevisses? | langoustes?
        | garnelen? | \w+garnelen? | krabben? | hummer\w* | flusskrebs\w* | langusten? | gambas?
        | camaron(?:es)? | langostinos? | cangrejos? | bogavantes? | rakor | raka | krabba
        | kraftor | kraftstjart\w*""",
    ),
    Words(
        "AE",
        r"""eggs? | oeufs? | ei | eier\w* | huhnerei\w* | huevos? | agg""",
        r"""egg(?:white|yolk)s? | albumen | ovalbumin | mayonnaise | mayonesa | majonnas | mayo
        | meringues? | lysozyme? | jaunes? d'oeufs? | blancs? d'oeufs? | (?:voll|flussig)ei\w*
        | eigelb\w* | eiklar\w* | (?<!pflanzliches )eiweiss(?:pulver)? | clara de huevo
        | yema(?: de huevo)? | agg(?:ula|vita|pulver|gule)\w* | helagg\w* | e ?1105""",
    ),
    Words(
        "AF",
        r"""fish | poissons? | (?<!tinten)fisch\w* | pescados? | (?<!black)fisk\w*""",
        r"""anchov(?:y|ies) | anchois | sardell\w* | anchoas? | boquerones | ansjovis
        | salmon | saumons? | lachs\w* | lax | laxfile\w* | tunas? | thons? | thunfisch\w* | atun
        | tonfisk\w* | cods? | codfish | cabillauds? | kabeljau | bacalao | torsk\w* | haddock
        | hake | merluza | colin | hoki | pollock | pollack | seelachs\w* | lieu noir | abadejo
        | herrings? | harengs? | hering\w* | arenques? | sill | stromming | mackerels?
        | maquereaux? | makrele\w* | caballa | makrill\w* | sardines? | sardinen? | sardinas?
        | sardiner | trouts? | truites? | forelle\w* | truchas? | tilapia | pangasius | catfish
        | halibut | flounder | swordfish | whitefish | mahi mahi | surimi | caviar
        | \w+(?<!tinten)fisch(?:filet)?\w*""",
    ),
    Words(
        "AP",
        r"""peanuts? | groundnuts? | arachides? | cacahuetes? | erdnuss\w* | erdnuesse\w*
        | erdnusse\w*
        | mani | jordnot\w*""",
        r"""arachis""",
    ),
    Words(
        "AY",
        r"""soy | soya | soja\w* | soybeans? | soyabeans? | soy ?bean""",
        r"""tofu | tempeh | edamame | miso | natto | tamari | shoyu | okara | soybean ?oil
        | soy(?!a)\w+ | lecithine de soja""",
    ),
    Words(
        "AM",
        r"""milk | milks | dairy | lait | laits | produits? laitiers? | milch | leche
        | lacteos? | productos lacteos | mjolk | mjolkprodukter | milchprodukte?""",
        r"""(?!milkfish|(?:soya?|coco|coconut|almond|oat|rice|cashew|nut|hemp|pea|plant)milk)\w*milk\w*
        | (?:butter|sweet|ice|sour|heavy|whipped)cream | butter | butterfat | butteroil
        | butterreinfett | butterfett | cheeses? | \w*cheese | cream | creams | creamer | ice ?cream
        | sour ?cream | whey | casein\w* | caseinates? | lactose | lactalbumin | lactoglobulin
        | lactoferrin | ghee | yogh?urts? | kefir | quark | skyr | custard | curds?
        | half (?:and|&) half | cheddar | mozzarella | parmesan\w* | parmigiano\w* | pecorino
        | ricotta | feta | gouda | emmental\w* | gruyere | camembert | brie | mascarpone
        | provolone | romano | asiago | gorgonzola | colby | monterey ?jack | neufchatel
        | dulce de leche | laitiere?s? | ferments lactiques du lait | beurre | fromages? | creme
        | lactoserum | petit[- ]lait | caseine\w* | babeurre | yaourts?
        | \w*(?<!kokos)(?<!hafer)(?<!mandel)(?<!soja)(?<!reis)milch(?!saure|frei)\w*
        | \w*rahm | sahne\w* | \w+sahne | \w*molken?\w* | kase | \w+kase
        | kase(?:pulver|zubereitung)
        | kasein\w* | laktose | joghurt\w* | schmand | topfen | mantequilla | queso\w*
        | nata | crema (?:agria|acida) | suero(?: de leche| lacteo)? | caseina\w* | lactosa
        | yogur\w* | lactosuero
        | \w*(?<!kokos)(?<!havre)(?<!mandel)(?<!soja)(?<!ris)mjolk(?!syra|\w*fri)\w*
        | smor(?!gas)\w* | gradd(?:e|pulver|fil)\w* | vispgradde | ost | ost(?:pulver|ar|massa)
        | (?:hard|farsk|mogel|cream|gradd|mesan)ost\w* | vassle\w* | kasein\w* | laktos
        | kvarg | filmjolk""",
    ),
    Words(
        "AN",
        r"""(?:tree )?nuts? | fruits? a coques? | nusse?n? | nuesse | schalenfruchte?n?
        | schalenfruechte | frutos secos | frutos (?:secos )?de cascara | frutas de cascara
        | notter | tradnotter""",
        r"""nutmeats? | noix | nueces | nuez | pralines? | praline | fruits secs a coque""",
    ),
    Words(
        "SA",
        r"""almonds? | amandes? | mandeln? | mandel\w* | almendras?""",
        r"""almond\w+ | marzipan\w* | massepain | mazapan | pate d'amandes? | frangipane
        | mandelmassa""",
    ),
    Words(
        "SH",
        r"""hazelnuts? | filberts? | noisettes? | haselnuss\w* | haselnuesse\w* | avellanas?
        | hasselnot\w*""",
        r"""gianduja""",
    ),
    Words(
        "SW",
        r"""walnuts? | noix de grenoble | cerneaux? de noix | walnuss\w* | walnuesse\w*
        | nue(?:z|ces) de nogal | valnot\w*""",
    ),
    Words(
        "SC",
        r"""cashews? | cashewmilk | cashew ?nuts? | noix de cajou | cashewkerne?n?
        | cashewnuss\w* | anacardos?
        | cashewnot\w*""",
    ),
    Words(
        "SP",
        r"""pecans? | pecan nuts? | noix de pecan | pekannuss\w* | pecannuss\w* | pacanas?
        | nue(?:z|ces) pecanas? | pekannot\w*""",
    ),
    Words(
        "SR",
        r"""brazil nuts? | noix du bresil | paranuss\w* | nue(?:z|ces) de brasil | paranot\w*""",
    ),
    Words("ST", r"""pistachios? | pistaches? | pistazien?\w* | pistachos? | pistagenot\w*"""),
    Words(
        "SM",
        r"""macadamias? | macadamia nuts? | queensland nuts? | noix de macadamia
        | macadamianuss\w* | nue(?:z|ces) de macadamia | macadamianot\w*""",
    ),
    Words("PN", r"""pine ?nuts? | pignons? de pin | pinienkerne?n? | pinones | pinjenot\w*"""),
    Words(
        "BC",
        r"""celery | celeriac | celeris? | celeri-rave | sellerie\w* | knollensellerie | apio
        | (?:rot|blek|stjalk)?selleri""",
    ),
    Words("BM", r"""mustard | moutardes? | senf\w* | mostaza | senap\w*"""),
    Words(
        "AS",
        r"""sesam\w*""",
        r"""tahini? | tahina | gomasio | ajonjoli""",
    ),
    Words(
        "AU",
        r"""sul(?:ph|f)ites? | sulfit | sulfiten? | sulfitos? | sulfiter | sul(?:ph|f)[ue]r dioxide
        | anhydride sulfureux | dioxyde de soufre | schwefeldioxid | svaveldioxid
        | dioxido de azufre | anhidrido sulfuroso""",
        r"""sul(?:ph|f)iting agents? | \w*(?:bi|meta)sul(?:ph|f)ites? | geschwefelt | disulfit\w*
        | metabisulfit\w* | e ?22[0-8][a-z]?""",
    ),
    Words("NL", r"""lupine?s? | lupinen?\w* | altramuz | altramuces | lupin\w*"""),
    Words(
        "UM",
        r"""mollus[ck]s? | mollusques? | weichtiere?n? | moluscos? | blotdjur | shellfish
        | skaldjur""",
        r"""clams? | mussels? | oysters? | scallops? | squids? | calamari | octopus | cuttlefish
        | abalone | whelks? | snails? | moules? | huitres? | coquilles? saint[- ]jacques
        | saint[- ]jacques | calmars? | encornets? | poulpes? | seiches? | palourdes?
        | escargots? | \w*muscheln? | austern? | tintenfisch\w* | mejillon(?:es)? | ostras?
        | almejas? | calamar(?:es)? | pulpo | sepia | vieiras? | musslor | mussla | ostron
        | blackfisk\w*""",
    ),
)

HARMLESS = r"""
(?:coconut|almond|oat|soya?|soybean|rice|hemp|cashew|pea|hazelnut) {milks?|creams?|creamer}
(?:macadamia|flax|nut|plant|peanut|tigernut|plant-based) {milks?|creams?|creamer}
(?:coconut|almond|oat|soya?|cashew|plant|plant-based) {yogh?urts?|butter|cheese}
(?:peanut|cocoa|cacao|shea|nut|seed|sunflower|pumpkin|hazelnut|pistachio) {butter}
(?:walnut|pecan|soy|sesame|apple|mango|kokum|illipe|cookie|body|vegan) {butter}
{butter} ?-?(?:beans?|lettuce|squash|cup)
{butternut}
artificial {butter} flavou?r
{cream} of (?:tartar|coconut|rice)
{cream} (?:soda|sherry|coloured|colored)
(?:vegan|plant[ -]based|non ?-?dairy|dairy ?-?free) (?:\w+ )?{milk|cheese|butter|cream|creamer}
(?:vegan|plant[ -]based|non ?-?dairy|dairy ?-?free) (?:\w+ )?{yogh?urt|mayonnaise|mayo|eggs?}
{non ?-?dairy}
{milk} (?:thistle|of magnesia)
(?:bean|lemon|soybean) {curds?}
{lactose} ?-?(?:free|reduced)
(?:sans|free of|free from|without) {lactose}
{la[ck]tosefrei\w*}
(?:sin|libre de) {lactosa}
{laktosfri\w*}
head {cheese}
{romano} beans?
{beurre} (?:de (?:cacao|karite|cacah?(?:o?u)etes?|coco|sesame)|d'(?:arachides?|amandes?))
{manteca|mantequilla} de (?:cacao|karite|cacah(?:o?u)etes?|mani|coco|almendras?)
{laits?|creme|yaourts?} de (?:coco|soja|riz|noisettes?|cajou|chanvre)
{laits?|creme|yaourts?} d'(?:amandes?|avoine|epeautre)
{leche|nata|crema} de (?:coco|almendras?|avena|soja|arroz)
{creme} de (?:cassis|menthe|cacao|marrons?|tartre)
{creme} (?:fill\w*|cookies?)
{nut ?meg}
{noix} (?:de )?muscades?
{nue(?:z|ces)} (?:moscadas?|de (?:coco|cola))
{noix} de (?:coco|veau|jambon|boeuf|cola|kola|karite|palme|saint|st)
(?:tiger|cola|kola|betel|corn|grape|ginger|pepper|shea|palm|soy|water chest|chest)[ -]{nuts?}
{muskatnuss\w*|kokosnuss\w*|erdmandel\w*|muskotnot\w*|kokosnot\w*}
buck ?-?{wheat}
{ble} (?:noir|sarrasin|d'inde)
{trigo} sarraceno
{bovete\w*|buchweizen\w*}
{semoule} de (?:mais|riz)
{semola} de (?:maiz|arroz)
(?:corn|rice|maize) {semolina|malt|farina|couscous}
cauliflower {couscous}
{enriched} (?:\w+ )?(?:corn|rice|maize|masa) flour
{oyster} mushrooms?
{crab} ?-?apples?
{egg} ?-?(?:plants?|fruit|replacer)
{sul(?:ph|f)ite} (?:ammonia )?caramel
caustic {sul(?:ph|f)ite}
caramel au {sulfite} d'ammonium
{malta} de (?:maiz|arroz)
{mandelformad\w*|mandelpotatis}
"""
"""Where a word of `WORDS` stands for something else, one phrase a line. What is in braces is the
harmless part: "almond milk" holds no milk, but almonds. Coconuts, nutmeg and chestnuts are no nuts
in Annex II; "non-dairy" and "lactose free" deny nothing, as both may be made of milk."""

MAY_CONTAIN = r"""
may (?:also )?(?:contain|be present)(?: traces? of)?
(?:possible|possibly) (?:contains? )?traces?(?: of)?
traces? of(?! lime)
(?:made|manufactured|produced|processed|packed|packaged|prepared) (?:in|on) {place}
(?:facility|factory|plant|equipment|line) (?:that|which|where) (?:also )?{does}
on shared equipment with
cross[ -]contamination
not suitable for
peu(?:t|vent) (?:egalement |aussi |eventuellement )?contenir
traces? (?:eventuelles?|possibles?)(?: d[e'])?
eventuelles traces
susceptibles? de contenir
presence (?:eventuelle|possible|fortuite)
traces? d(?:e |es |')
(?:fabrique|elabore|conditionne|produit)e?s? dans un atelier
kann (?:auch )?(?:spuren )?enthalten
spuren von
(?:kann|konnen) [^.;:]{0,160}? enthalten
pueden? (?:tambien )?contener
(?:posibles )?tra[zc]as(?: de)?
elaborado en (?:una|instalaciones)
kan (?:aven )?innehalla
(?:eventuella )?spar av
""".replace(
    "{place}",
    r"(?:an? |the |shared |common |same )*"
    r"(?:facility|factory|plant|bakery|kitchen|equipment|machinery|lines?|site)",
).replace("{does}", r"(?:process\w*|handl\w*|uses?|packs?|makes?|contains?|produces?)")
"""Opens a clause about traces; it runs to the end of the sentence or of the bracket."""

CONTAINS = r"""
(?:allergy|allergen) ?(?:information|statement|advice|info)?s? ?:
(?:allergenes?|allergeni?|allergener|allergiehinweis\w*|alergenos?|informacion sobre alergenos) ?:
information allergenes? ?:
contains?(?! no\b)(?: ?:)?
containing
contient(?: ?:)?
contenant
enthalt(?: ?:)?
enthaelt(?: ?:)?
contienen?(?: ?:)?
innehaller(?: ?:)?
"""
"""Opens a statement of what is in it."""

FREE_FROM = r"""
free (?:from|of)(?: ?:)?
(?:does|do) not contain(?: any)?
doesn't contain(?: any)?
contains? no
ne contient (?:pas|ni|aucune?)(?: d[e'])?
exempte?s? d[e']
garanti sans
frei von
enthalt keine?[nr]?
enthaelt keine?[nr]?
no contienen?(?: ?:)?
libres? de
exent[oa]s? de
fri(?:tt|a)? fran
innehaller (?:inte|ingen|inga|inget|ej)
"""
"""Opens a claim of absence, listing with commas."""

WITHOUT = r"""
(?:made )?without(?: any)?(?: added)?
no(?: added)?
sans(?: ajout d[e'])?
ohne(?: zusatz von)?
keine?[nr]?
sin
utan
"""
"""Denies the very next words only: in "without milk, eggs" the comma may be the list's."""

HEADING = r"""
ingredients? ?:
ingredientes ?:
zutaten ?:
ingredienser ?:
innehall ?:
"""
"""Begins the list itself, wherever a clause before it forgot to end."""

FREE_WORDS = (
    ("AW", r"gluten(?:frei\w*|fri(?:a|tt)?)"),
    ("AM", r"(?:milch|kuhmilch)frei\w*|mjolk(?:protein)?fri(?:a|tt)?"),
    ("AE", r"ei(?:er)?frei\w*|aggfri(?:a|tt)?"),
    ("AY", r"soja(?:frei\w*|fri(?:a|tt)?)"),
    ("AN", r"nuss(?:frei\w*)|notfri(?:a|tt)?"),
    ("AP", r"erdnussfrei\w*|jordnotsfri(?:a|tt)?"),
    ("UW", r"weizenfrei\w*|vetefri(?:a|tt)?"),
    ("AF", r"fischfrei\w*|fiskfri(?:a|tt)?"),
    ("BC", r"selleriefrei\w*|sellerifri(?:a|tt)?"),
    ("BM", r"senffrei\w*|senapsfri(?:a|tt)?"),
    ("AS", r"sesamfrei\w*|sesamfri(?:a|tt)?"),
)
"""German and Swedish claims of absence in one word."""

AFTER_FREE = r"[ -]?free\b(?! ?-?(?:range|run|flowing))"
"""What follows a name in "milk free"; "cage free eggs" has it before."""
CLAIM_FILLERS = r"""
gluten | free | frei | vegan\w* | vegetari\w* | organic | bio(?:logique)? | kosher | halal | gmo
non | naturally | natural | certified | suitable | for | coeliacs? | celiacs? | this | is | are
product | products? | produits? | produkt\w* | productos? | recipe | zertifiziert | garanti | added
lactose | lactosa | la[ck]tosefrei\w* | laktosfri\w* | laktos | sugars? | sucres? | zucker\w*
azucar
artificial | colou?rs? | flavou?rs? | preservatives? | colorants? | conservateurs? | palm | oil
huile | palme | aceite | palma | palmol\w* | palmolja | low | fat | high | in | fibre | fiber
100 | % | par | nature | av | natur | dieses | este | cet?te? | denna | ist | es | est | ar | och
"""
"""Words that a sentence of claims may hold beside names and denials. In any other sentence "gluten
free" speaks of one ingredient ("gluten free soy sauce"), not of the product."""
JOINT = (
    r"(?:[ :/&-]|\b(?:and|or|nor|et|ou|ni|und|oder|och|eller|y|e|o|u|any|added|de|des|du|d|la|le"
    r"|les|l|el|los|las|av|of|von|aux|other|their)\b|')*"
)
"""What may stand between the names of one claim."""
LIST_JOINT = JOINT.replace("[ :", "[ ,:", 1)
"""With commas."""
STATED_JOINT = JOINT.replace("[ :", r"[ ,:()\[\]", 1)
"""With brackets too: "contains: nuts (almonds), milk"."""
NAME_ENDS = (
    r" ?(?:$|[,.;:)\]/&*]|-? ?(?:and|or|nor|et|ou|ni|und|oder|och|eller|y|o|u)\b|ingredients?\b"
    r"|products?\b|proteine?s?\b|derivatives?\b|allergens?\b)"
)
"""What follows a name that stands for the whole allergen: "no milk chocolate" is not "no milk"."""
