"""Countries by the names that product data uses, to ISO 3166 codes of two letters."""

from __future__ import annotations

_NAMES = """
AE united-arab-emirates | AR argentina | AT austria autriche | AU australia australie
BE belgium belgique | BG bulgaria | BR brazil bresil brésil | CA canada | CH switzerland suisse
CL chile | CN china chine | CO colombia | CZ czech-republic | DE germany allemagne
DK denmark danemark | DZ algeria algerie algérie | EE estonia | ES spain espagne
FI finland finlande | FR france | GB united-kingdom royaume-uni | GF french-guiana guyane
GP guadeloupe | GR greece grece | HK hong-kong | HR croatia | HU hungary | IE ireland irlande
IL israel | IN india inde | IS iceland | IT italy italie | JP japan japon | KR south-korea
LT lithuania | LU luxembourg | LV latvia | MA morocco maroc | MC monaco | MQ martinique
MX mexico mexique | MY malaysia | NC new-caledonia nouvelle-caledonie | NL netherlands pays-bas
NO norway norvege norvège | NZ new-zealand | PF french-polynesia polynesie-francaise
PL poland pologne | PT portugal | RE reunion la-réunion | RO romania roumanie | RS serbia serbie
RU russia russie | SE sweden suede suède | SG singapore | SI slovenia | SK slovakia
SN senegal sénégal | TH thailand | TN tunisia tunisie | TR turkey turquie | TW taiwan | UA ukraine
US united-states états-unis | VN vietnam | ZA south-africa
"""
_CODES = {
    name: words.split()[0]
    for line in _NAMES.strip().splitlines()
    for words in line.split(" | ")
    for name in words.split()[1:]
}


def country_code(name: str) -> str | None:
    """Give the code of "United States", `en:france` or "Suède"; None where it is not listed."""
    plain = name.strip().lower()
    plain = plain[3:] if plain[2:3] == ":" else plain
    return _CODES.get(plain.replace(" ", "-"))
