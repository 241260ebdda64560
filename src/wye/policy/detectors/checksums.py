"""Check digits. Each function takes the identifier without separators and is total: a wrong form is False."""

_DEA = 9
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_LUHN = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_CODICE = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""How many characters a country's IBAN has (SWIFT, IBAN Registry)."""
_SSN_ADVERTISED = frozenset({"078051120", "219099999"})


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def luhn(digits: str) -> bool:
    """Payment cards and more (ISO/IEC 7812-1, annex B)."""
    if not _digits(digits):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += _LUHN[int(digit)] if place % 2 else int(digit)
    return total % 10 == 0


def card(digits: str) -> bool:
    """A payment card's number: 12 to 19 digits, Luhn, and not one digit over and over."""
    return 12 <= len(digits) <= 19 and luhn(digits) and len(set(digits)) > 1


def iban(text: str) -> bool:
    """ISO 13616: the number moved behind its country and check digits is 1 modulo 97."""
    text = text.upper()
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum()):
        return False
    if not (text[:2].isalpha() and text[2:4].isdigit()):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def ssn(digits: str) -> bool:
    """A US Social Security number: no area 000, 666 or 9xx, no group 00, no serial 0000 (SSA, since 2011)."""
    return (
        len(digits) == 9
        and _digits(digits)
        and digits[:3] not in {"000", "666"}
        and digits[0] != "9"
        and digits[3:5] != "00"
        and digits[5:] != "0000"
        and digits not in _SSN_ADVERTISED
    )


def itin(digits: str) -> bool:
    """A US taxpayer's number (IRS): 9xx, and the middle two in 50-65, 70-88, 90-92 or 94-99."""
    if len(digits) != 9 or not _digits(digits) or digits[0] != "9":
        return False
    group = int(digits[3:5])
    return 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or group >= 94


def npi(digits: str) -> bool:
    """A US provider's identifier (45 CFR 162.406): 10 digits, Luhn behind the prefix 80840."""
    return len(digits) == 10 and digits[:1] in {"1", "2"} and luhn("80840" + digits)


def dea(text: str) -> bool:
    """A DEA registration: two letters, six digits, a check digit (21 CFR 1301; sum of odds + twice the evens)."""
    if len(text) != _DEA or not text[:1].isalpha() or not text[:2].isalnum() or not _digits(text[2:]):
        return False
    d = [int(c) for c in text[2:]]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def nhs(digits: str) -> bool:
    """A UK NHS number: 10 digits, weights 10 to 2, modulo 11 (NHS Data Dictionary)."""
    if len(digits) != 10 or not _digits(digits):
        return False
    check = 11 - sum(int(c) * (10 - i) for i, c in enumerate(digits[:9])) % 11
    return check % 11 == int(digits[9]) and check != 10


def dni(text: str) -> bool:
    """A Spanish DNI or NIE: the number modulo 23 names its letter (Real Decreto 1553/2005)."""
    text = text.upper()
    number = text[:-1].replace("X", "0", 1).replace("Y", "1", 1).replace("Z", "2", 1)
    if len(text) != 9 or not _digits(number) or not (text[0].isdigit() or text[0] in "XYZ"):
        return False
    return text[-1] == _DNI[int(number) % 23]


def nuss(digits: str) -> bool:
    """A Spanish social security number: 12 digits, the last two are the first ten modulo 97."""
    if len(digits) != 12 or not _digits(digits):
        return False
    head = digits[:2] + digits[2:10] if digits[2] != "0" else digits[:2] + digits[3:10]
    return int(head) % 97 == int(digits[10:])


def vin(text: str) -> bool:
    """A vehicle's number (49 CFR 565): 17 characters without I, O, Q; the ninth checks, as in North America."""
    text = text.upper()
    values = dict(
        zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True)
    )
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    if len(text) != 17 or not all(c in values or (c.isascii() and c.isdigit()) for c in text):
        return False
    total = sum(
        (values[c] if c in values else int(c)) * weight for c, weight in zip(text, weights, strict=True)
    )
    return text[8] == "0123456789X"[total % 11]


def aba(digits: str) -> bool:
    """A US bank routing number: weights 3, 7, 1, modulo 10."""
    if len(digits) != 9 or not _digits(digits) or not "00" < digits[:2] <= "80":
        return False
    return sum(int(c) * (3, 7, 1)[i % 3] for i, c in enumerate(digits)) % 10 == 0


def steuer_id(digits: str) -> bool:
    """A German tax identifier (§ 139b AO): 11 digits, ISO 7064 MOD 11,10; of the first ten, one digit is there two or three times."""
    if len(digits) != 11 or not _digits(digits) or digits[0] == "0":
        return False
    if not 7 <= len(set(digits[:10])) <= 9:
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(digits[10])


def nir(text: str) -> bool:
    """A French social security number (INSEE): 13 characters, and 97 less their remainder modulo 97. Corsica: 2A, 2B."""
    text = text.upper()
    body = text[:13].replace("2A", "19", 1) if text[5:7] == "2A" else text[:13]
    body = body.replace("2B", "18", 1) if text[5:7] == "2B" else body
    if len(text) != 15 or not _digits(body) or not _digits(text[13:]) or text[0] not in "123478":
        return False
    return 97 - int(body) % 97 == int(text[13:])


def cpf(digits: str) -> bool:
    """A Brazilian person's number (Receita Federal): 9 digits and two checks, weights 10 and 11 downwards, modulo 11."""
    if len(digits) != 11 or not _digits(digits) or len(set(digits)) == 1:
        return False
    return all(
        sum(int(c) * (n + 1 - i) for i, c in enumerate(digits[:n])) * 10 % 11 % 10 == int(digits[n])
        for n in (9, 10)
    )


def cnpj(digits: str) -> bool:
    """A Brazilian company's number: 12 digits and two checks, weights 2 to 9 from the right, modulo 11."""
    if len(digits) != 14 or not _digits(digits) or len(set(digits)) == 1:
        return False
    for n in (12, 13):
        rest = sum(int(c) * (2 + i % 8) for i, c in enumerate(reversed(digits[:n]))) % 11
        if (0 if rest < 2 else 11 - rest) != int(digits[n]):
            return False
    return True


def codice_fiscale(text: str) -> bool:
    """An Italian tax code (DM 23/12/1976): 16 characters; odd places by a table, even ones by rank, modulo 26."""
    text = text.upper()
    if len(text) != 16 or not text.isascii() or not text.isalnum() or not text[15].isalpha():
        return False
    total = 0
    for place, char in enumerate(text[:15]):
        rank = int(char) if char.isdigit() else ord(char) - 65
        total += rank if place % 2 else _CODICE[rank]
    return chr(65 + total % 26) == text[15]


def bsn(digits: str) -> bool:
    """A Dutch citizen's number: 9 digits, weights 9 to 2 and -1, modulo 11."""
    if len(digits) != 9 or not _digits(digits) or len(set(digits)) == 1:
        return False
    return sum(int(c) * (9 - i if i < 8 else -1) for i, c in enumerate(digits)) % 11 == 0


def pesel(digits: str) -> bool:
    """A Polish citizen's number: 11 digits, weights 1, 3, 7, 9, modulo 10."""
    if len(digits) != 11 or not _digits(digits):
        return False
    return sum(int(c) * (1, 3, 7, 9)[i % 4] for i, c in enumerate(digits[:10])) % 10 == -int(digits[10]) % 10


def resident(text: str) -> bool:
    """A Chinese resident's number (GB 11643-1999): 17 digits and a check of ISO 7064 MOD 11-2, which may be X."""
    if len(text) != 18 or not _digits(text[:17]):
        return False
    total = sum(int(c) * 2 ** (17 - i) for i, c in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()
