"""GTINs, the numbers under barcodes: every form in, GTIN-14 inside, the printed form out.

Source: GS1 General Specifications, sections 1.4 (prefixes) and 7.9 (check digit).
"""

from __future__ import annotations

from facings.errors import InvalidGtin

_LENGTHS = (8, 12, 13, 14)


def check_digit(body: str) -> str:
    """Compute the last digit of a GTIN.

    From the right the digits weigh 3, 1, 3, 1...; the check digit fills up to a ten.

    Args:
        body: the digits before the check digit, at least one.

    Raises:
        InvalidGtin: `body` is empty or holds something else than the digits 0 to 9.
    """
    _require_digits(body)
    total = sum(int(digit) * (1 if i % 2 else 3) for i, digit in enumerate(reversed(body)))
    return str(-total % 10)


def gtin14(text: str) -> str:
    """Read a GTIN-8, -12, -13 or -14 as GTIN-14, the one form Facings keeps.

    Spaces and hyphens are ignored. Eight digits are read as GTIN-8, never as UPC-E:
    convert those with `upc_e_to_upc_a` where the symbology is known.

    Raises:
        InvalidGtin: it is not made of digits, has another length, is all zeros,
            or its check digit is wrong.
    """
    digits = _compact(text)
    _require_digits(digits, given=text)
    if len(digits) not in _LENGTHS:
        raise InvalidGtin(
            f'"{text}" has {len(digits)} digits: a GTIN has 8, 12, 13 or 14',
            hint="spreadsheets drop leading zeros: format the column as text",
        )
    if not digits.strip("0"):
        raise InvalidGtin(f'"{text}" is all zeros, which identifies nothing')
    _require_check_digit(digits, given=text)
    return digits.zfill(14)


def upc_e_to_upc_a(text: str) -> str:
    """Expand a zero-suppressed UPC-E of eight digits to the UPC-A it stands for.

    Args:
        text: number system (0 or 1), six digits, check digit; spaces and hyphens are ignored.

    Returns:
        Twelve digits; `gtin14` takes them.

    Raises:
        InvalidGtin: it is not a UPC-E, or its check digit is wrong.
    """
    digits = _compact(text)
    _require_digits(digits, given=text)
    if len(digits) != 8 or digits[0] not in "01":
        raise InvalidGtin(f'"{text}" is not a UPC-E: those have 8 digits, the first of them 0 or 1')
    system, x, last = digits[0], digits[1:6], digits[6]
    match last:
        case "0" | "1" | "2":
            body = f"{system}{x[:2]}{last}0000{x[2:]}"
        case "3":
            body = f"{system}{x[:3]}00000{x[3:]}"
        case "4":
            body = f"{system}{x[:4]}00000{x[4]}"
        case _:
            body = f"{system}{x}0000{last}"
    upc_a = body + digits[7]
    _require_check_digit(upc_a, given=text)
    return upc_a


def natural_form(gtin: str) -> str:
    """Give a GTIN-14 as it is printed: the shortest of 8, 12, 13 and 14 digits that holds it."""
    significant = len(gtin.lstrip("0"))
    length = next(length for length in _LENGTHS if significant <= length)
    return gtin[-length:]


def is_restricted(gtin: str) -> bool:
    """Tell whether a GTIN-14 is for use inside one store or region only.

    Such numbers (produce weighed in the store, own labels, coupons of one chain) mean
    another product next door, so they are never the key of a shared record.
    These are the GTIN-13 prefixes 02, 04 and 20 to 29 and the GTIN-8 prefixes 0 and 2.
    """
    if gtin.startswith("000000"):
        return gtin[6] in "02"
    prefix = gtin[1:3]
    return prefix in {"02", "04"} or prefix[0] == "2"


def _compact(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def _require_digits(digits: str, given: str | None = None) -> None:
    if digits.isascii() and digits.isdigit():
        return
    shown = digits if given is None else given
    if not digits:
        raise InvalidGtin(f'"{shown}" holds no digits: a GTIN has 8, 12, 13 or 14')
    stray = next(mark for mark in digits if not (mark.isascii() and mark.isdigit()))
    raise InvalidGtin(
        f'"{shown}" holds "{stray}": a GTIN is made of the digits 0 to 9',
        hint="spreadsheets turn long numbers into 4.0E+12: format the column as text",
    )


def _require_check_digit(digits: str, given: str) -> None:
    expected = check_digit(digits[:-1])
    if digits[-1] != expected:
        raise InvalidGtin(
            f'"{given}" ends in {digits[-1]}, its check digit should be {expected}',
            hint="a digit was misread or mistyped: read it again from the pack",
        )
