"""Words that tell what an ingredient is made of, folded, in five languages.

An ingredient is of plants (or minerals, or microbes) when every word of its name is known to be
one of these or a mere description. One unknown word leaves it unknown. Our own list: what is
frequent on packs.
"""

from __future__ import annotations

_PLANT = """
cider popcorn acacia monk citrus microcrystalline cellulose sojasauce shoyu
sojalecithin sojalecitin sonnenblumenlecithin solroslecitin
water eau wasser agua vatten trinkwasser salt sel salz sal sugar sugars sucre zucker azucar
socker dextrose glucose fructose sucrose maltose maltodextrin maltodextrine dextrin invert
syrup sirop glukosesirup glukosirap sirap jarabe cane beet molasses melasse agave maple
treacle caramel wheat ble weizen weizenmehl trigo vete vetemjol flour farine harina mehl mjol
semolina semoule barley orge gerste cebada malt malted gerstenmalz rye seigle roggen
roggenmehl centeno oat oats avoine hafer haferflocken avena havre spelt epeautre dinkel corn
maize mais maiz majs cornstarch cornmeal meal starch amidon starke almidon starkelse
maisstarke majsstarkelse potato potatoes kartoffel kartoffeln pomme pommes terre patata
patatas potatis tapioca cassava rice riz reis arroz ris quinoa millet buckwheat sarrasin
sorghum amaranth bran germ gluten bulgur couscous durum soy soya soja soybean soybeans tofu
sojabohnen bean beans haricots bohnen judias bonor pea peas pois erbsen guisantes arter lentil
lentils lentilles linsen lentejas linser chickpea chickpeas chick garbanzo garbanzos pinto
lupin peanut peanuts cacahuetes arachides erdnusse cacahuete almond almonds amandes mandeln
almendras mandel hazelnut hazelnuts noisettes haselnusse avellanas hasselnotter walnut walnuts
noix walnusse nueces cashew cashews pecan pecans pistachio pistachios pistaches macadamia nuts
sesame sesamo sesam sunflower tournesol sonnenblumen girasol solros solrosfron
sonnenblumenkerne pumpkin flax flaxseed linseed chia hemp poppy seed seeds graines samen
semillas fron oil oils huile huiles ol ole aceite aceites olja oljor olive olives olivenol
colza rapeseed canola rapsol raps rapsolja sonnenblumenol solrosolja safflower cottonseed
coconut coco kokosnuss kokos palm palme palma palmol palmfett palmolja kernel palmiste cocoa
cacao kakao kakaobutter kakaomasse kakaosmor kakaopulver chocolate liquor mass unsweetened
butter-of-cocoa tomato tomatoes tomate tomates tomaten tomater tomat onion onions oignon
oignons zwiebel zwiebeln cebolla lok garlic ail knoblauch ajo vitlok carrot carrots carotte
carottes karotten mohren zanahoria morotter spinach epinards spinat espinacas spenat pepper
peppers poivron poivrons paprika pimiento chili chile chilli jalapeno cayenne cucumber
cucumbers celery celeri sellerie apio selleri leek leeks poireau lauch cabbage chou kohl
broccoli cauliflower zucchini courgette courgettes aubergine eggplant pumpkin squash sweet
mushrooms mushroom champignons champinones lettuce kale beetroot beets radish turnip parsnip
artichoke asparagus cilantro coriander parsley persil petersilie perejil persilja basil
basilic basilikum albahaca basilika oregano origan thyme thym thymian tomillo timjan rosemary
romarin rosmarin sage mint dill chives bay cumin curcuma turmeric kurkuma gurkmeja ginger
gingembre ingwer jengibre ingefara cinnamon cannelle zimt canela kanel nutmeg muscade clove
cloves cardamom allspice anise fennel caraway mustard moutarde senf senfsaat mostaza senap
spice spices epices epice gewurze gewurz especias kryddor herbs herbes krauter hierbas orter
vanilla vanille vainilla vanilj vanillin saffron curry pepper poivre pfeffer pimienta peppar
svartpeppar apple apples pommes apfel manzana apple-juice apfelsaft banana bananas orange
oranges naranja lemon lemons citron zitrone limon lime limes strawberry strawberries fraise
fraises erdbeeren fresas jordgubbar raspberry raspberries framboises himbeeren blueberry
blueberries myrtilles cranberry cranberries cherry cherries cerises kirschen grape grapes
raisin raisins rosinen pasas russin peach peaches pear pears plum plums apricot apricots mango
mangoes pineapple ananas papaya passion kiwi fig figs date dates datteln dadlar currants fruit
fruits fruchte frutas frukt vegetable vegetables legumes gemuse verduras gronsaker juice jus
saft zumo puree pulp pulpe concentrate paste berry berries rhubarb pomegranate grapefruit
avocado vinegar vinaigre essig vinagre attika yeast levure hefe levadura jast coffee cafe
kaffee kaffe tea the tee te tapioca inulin chicory fiber fibre fibres fiberhavre psyllium agar
pectin seaweed algae spirulina wine vin wein vino alcohol ethanol hops hop houblon hopfen iron
niacin riboflavin thiamin thiamine mononitrate folic acid niacinamide zinc magnesium calcium
potassium sodium bicarbonate carbonate chloride sulfate baking soda powder minerals mineral
"""
PLANT = frozenset(_PLANT.split())
"""Of plants, fungi, minerals or microbes, whoever makes them. Vitamins A and D, flavours,
"enzymes", "glycerin" and refined sugar's bone char are not judged: the first four are unknown."""

_DESCRIPTION = """
vital evaporated spring himalayan pink torula cultured
lecithin lecithins lecithine lecithines lecitina lecitin
organic bio biologique ecologico ekologisk natural naturel raw fresh frais dried dry
dehydrated seche getrocknet torkad ground powder powdered poudre pulver polvo roasted toasted
whole entier complet vollkorn integral fullkorn refined unrefined filtered purified carbonated
sparkling distilled concentrated from reconstituted modified modifie modifizierte modificado
hydrolyzed enriched bleached unbleached extra virgin vierge nativ virgen pure rein puro white
red green black brown yellow blanc blanche rouge vert noir weiss rot rojo blanco dark light
golden long grain grains short fine coarse sea mer meer mar granulated crushed chopped sliced
diced cut flakes flocons flocken flingor pieces morceaux extract extrait extrakt extracto and
or et ou und oder y o och eller of de du des la le les d l with avec mit con med in en to for
as a an the added including blend mix ready cooked steamed boiled baked fried peeled unpeeled
pitted ripe sun cold pressed expeller high oleic low sodium reduced fat free iodized jodsalz
less than contains percent more one following each skin skins leaf leaves root stem peel zest
protein proteins proteines isolate concentrate hydrogenated partially fully non solids bits
chips vegetal vegetale vegetales pflanzliche pflanzliches vegetable vegetabilisk processed
alkali alkalized sauce leavening active instant bulk fair trade certified rolled steel stone
milled self rising all purpose heavy baby young mini italian french roma style quality grade
"""
DESCRIPTION = frozenset(_DESCRIPTION.split())
"""Words that change nothing about where an ingredient comes from."""

NOT_VEGETARIAN = r"""
meats? | viandes? | fleisch\w* | \w+fleisch | carnes? | kott\w* | \w+kott | beef | boeuf
rind\w* | veal | pork
porc | schwein\w* | cerdo | flask\w* | bacon | speck | lardons? | lard | schmalz | saindoux
manteca de cerdo
tallow | suet | ham | jambon | schinken\w* | jamon | skinka | chickens? | poulet | hahnchen\w*
huhn | pollo
kyckling\w* | turkey | dinde | pute\w* | pavo | kalkon | duck | canard | ente | lamb | agneau
lamm\w*
sausages? | saucisses? | wurst\w* | chorizo | salami | pepperoni | prosciutto | gelatine?s?
gelatina | gelatin
rennet | presure | collagen\w* | carmines? | cochineal | karmin | anchov\w+ | broth
bouillon de (?:poulet|boeuf)
animal fat | graisse animale | tierische\w* fett\w* | grasa animal | blood | liver | foie
leber\w* | venison
rabbit | goose | gans\w* | mutton | horse | isinglass | bone (?:char|broth) | pancreatin | pepsin
"""
NOT_VEGAN = r"""
honey | miel | honig | honung | beeswax | cire d'abeille | bienenwachs | shellac | schellack
confectioner's glaze
lanolin | royal jelly | propolis | bee pollen | wool
"""
"""Vegetarian all the same."""
MAYBE_PALM = r"""
(?:vegetable|vegetal|plant) (?:oils?|fats?|shortening) | shortening | margarine? | margarina
margarin
huiles? vegetales? | graisses? vegetales? | matieres? grasses? vegetales?
pflanzliche\w* (?:ole?|fette?) | pflanzenol\w* | pflanzenfett\w* | aceites? vegetal(?:es)?
grasas? vegetal(?:es)?
vegetabilisk\w* (?:olj\w+|fett\w*) | glycer(?:in|ine|ol) | emulsifiers? | emulgator\w*
stearic acid | sodium lauryl sulfate | vitamin a palmitate
"""
PALM = r"""
palm(?:e|a|ol|olein|olja|fett|kern\w*|ist\w*|stearin)?s? | palm oil | palm kernel | palme
palmiste
\w*palmol\w* | \w*palmfett\w* | palmolja | palmkarn\w*
"""
