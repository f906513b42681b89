"""GTINs come in many forms and are kept in one."""

from __future__ import annotations

import pytest

from facings.catalogue.gtin import (
    check_digit,
    gtin14,
    is_restricted,
    natural_form,
    upc_e_to_upc_a,
)
from facings.errors import InvalidGtin


@pytest.mark.parametrize("text", ["", "   ", "-"])
def test_an_empty_text_is_no_gtin(text: str) -> None:
    """Nothing in gives an error that says so."""
    with pytest.raises(InvalidGtin, match="holds no digits"):
        gtin14(text)


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("4006381333931", "04006381333931"),
        ("10614141000415", "10614141000415"),
    ],
)
def test_every_length_is_kept_as_fourteen_digits_and_printed_as_it_was(
    printed: str, kept: str
) -> None:
    """GTIN-8, -12, -13 and -14 go to GTIN-14 and back."""
    assert gtin14(printed) == kept
    assert natural_form(kept) == printed
    assert gtin14(kept) == kept


def test_spaces_and_hyphens_do_not_matter() -> None:
    """A number may be written as people group it."""
    assert gtin14(" 4 006381-333931 ") == "04006381333931"


@pytest.mark.parametrize("text", ["400638133393", "123456789", "123456789012345"])
def test_a_wrong_length_or_digit_is_refused(text: str) -> None:
    """Nine and fifteen digits are no GTIN; a GTIN-13 cut short has a wrong check digit."""
    with pytest.raises(InvalidGtin, match=r"digits: a GTIN has|check digit"):
        gtin14(text)


def test_a_number_mangled_by_a_spreadsheet_is_refused_with_a_hint() -> None:
    """What stands in the way is named, and how to avoid it."""
    with pytest.raises(InvalidGtin, match=r'holds "\."') as caught:
        gtin14("4.00638E+12")
    assert caught.value.hint is not None
    assert "text" in caught.value.hint


def test_digits_of_other_scripts_are_refused() -> None:
    """Python calls them digits; scanners do not print them."""
    with pytest.raises(InvalidGtin, match="digits 0 to 9"):
        gtin14("٤٠٠٦٣٨١٣٣٣٩٣١")


def test_a_wrong_check_digit_names_the_expected_one() -> None:
    """One wrong digit is told from the right one."""
    with pytest.raises(InvalidGtin, match="ends in 2, its check digit should be 1"):
        gtin14("4006381333932")


def test_zeros_alone_are_refused() -> None:
    """They pass the check digit and identify nothing."""
    with pytest.raises(InvalidGtin, match="all zeros"):
        gtin14("00000000")


def test_every_single_wrong_digit_is_caught() -> None:
    """The check digit catches any one misread digit."""
    good = "4006381333931"
    for place in range(len(good)):
        for digit in set("0123456789") - {good[place]}:
            with pytest.raises(InvalidGtin):
                gtin14(good[:place] + digit + good[place + 1 :])


def test_the_check_digit_is_that_of_the_standard() -> None:
    """The example of the GS1 General Specifications."""
    assert check_digit("629104150021") == "3"
    with pytest.raises(InvalidGtin):
        check_digit("")


@pytest.mark.parametrize(
    ("upc_e", "upc_a"),
    [
        ("01201303", "012000000133"),
        ("04252614", "042100005264"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234558", "012345000058"),
        ("01234565", "012345000065"),
    ],
)
def test_upc_e_expands_by_its_last_digit(upc_e: str, upc_a: str) -> None:
    """Each of the suppression rules puts the zeros back where they were."""
    assert upc_e_to_upc_a(upc_e) == upc_a
    assert gtin14(upc_a) == "00" + upc_a


@pytest.mark.parametrize("text", ["", "0425261", "24252614", "04252615", "0425261x"])
def test_what_is_no_upc_e_is_refused(text: str) -> None:
    """Wrong length, number system, check digit and letters."""
    with pytest.raises(InvalidGtin):
        upc_e_to_upc_a(text)


@pytest.mark.parametrize(
    ("body", "restricted"),
    [
        ("400638133393", False),
        ("952000000001", False),
        ("201234500000", True),
        ("290000000000", True),
        ("021234500000", True),
        ("041234500000", True),
        ("031234500000", False),
        ("300000000000", False),
    ],
)
def test_store_internal_numbers_are_told_apart(body: str, restricted: bool) -> None:
    """Prefixes 02, 04 and 20 to 29 mean another product in another store."""
    assert is_restricted(gtin14(body + check_digit(body))) is restricted


def test_short_store_internal_numbers_are_told_apart() -> None:
    """GTIN-8 has its own reserved prefixes, 0 and 2."""
    assert is_restricted(gtin14("2012345" + check_digit("2012345")))
    assert not is_restricted(gtin14("96385074"))
