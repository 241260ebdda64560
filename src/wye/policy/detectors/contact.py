"""How to reach somebody: e-mail, telephone, addresses on the network."""

import ipaddress
import re

from wye.policy.detectors.pattern import Pattern

_TLD = "com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|co|us|uk|es|de|fr|it|eu|pt|mx|ar|cl|pe|ca|au|br|ch|at|be|nl|se|dk|no|fi|pl|cz|ie|in|jp|cn|ru"
_AT = r"\s?[\[({]\s?(?:at|arroba)\s?[\])}]\s?|\s(?:at|arroba)\s"
_DOT = r"\s?[\[({]\s?(?:dot|punto)\s?[\])}]\s?|\s(?:dot|punto)\s|\."
_FEWEST, _MOST = 7, 15
_WITH_AREA = 9
_YEARS = re.compile(
    r"(?:1[89]|20)\d\d\s?[-–.]\s?(?:1[89]|20)\d\d|\d{1,2}([./-])\d{1,2}\1(?:19|20)?\d\d|(?:19|20)\d\d([./-])\d\d\2\d\d"
)
_EXTENSION = re.compile(r"ext|x|#")
_ROUND = re.compile(r"\d{1,4}\s?[-–]\s?\d{1,4}")


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone(text: str) -> bool:
    """Between 7 and 15 digits (ITU-T E.164) without the extension, and neither years nor a range of round figures."""
    digits = [c for c in _EXTENSION.split(text)[0] if c.isdigit()]
    if not _FEWEST <= len(digits) <= _MOST or _YEARS.fullmatch(text):
        return False
    return not (_ROUND.fullmatch(text) and "".join(digits).endswith("00"))


def _whole_number(text: str) -> bool:
    """Whether it has as many digits as a number with its area's."""
    return _phone(text) and sum(map(str.isdigit, text)) >= _WITH_AREA


def _dialled(words: str, confidence: float, needs: tuple[str, ...]) -> Pattern:
    """Make the rule for figures behind one of `words`."""
    return Pattern(
        "phone",
        re.compile(rf"(?i:\b(?:{words})\b[^\d\n+(]{{0,20}})(\+?[\d(][\d ().-]{{5,18}}\d)(?!\w)"),
        confidence,
        needs,
        group=1,
        lead=re.compile(rf"\b(?:{words})\b", re.IGNORECASE),
    )


CONTACT = (
    Pattern(
        "email", re.compile(r"(?<![\w.+%-])[\w.+%'-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d]{2,}(?!\w)"), 1.0, ("@",)
    ),
    Pattern(
        "email",
        re.compile(rf"\b[\w.+-]+(?:{_AT})[\w-]+(?:(?:{_DOT})[\w-]+)*?(?:{_DOT})(?:{_TLD})\b", re.IGNORECASE),
        0.8,
        ("dot", "punto", "(at)", "[at]", "arroba"),
    ),
    Pattern(
        "url",
        re.compile(
            r"(?:\b[A-Za-z][A-Za-z0-9+.-]{1,15}://|\bwww\.)[^\s<>\"'{}|\\^`]*[^\s<>\"'{}|\\^`.,;:!?)\]]/?",
            re.IGNORECASE,
        ),
        0.9,
        ("://", "www."),
        lead=re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,15}://|\bwww\.", re.IGNORECASE),
    ),
    Pattern(
        "url",
        re.compile(
            r"(?<![\w@.-])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|edu|gov|info|biz|io|app|dev|es|co\.uk|de|fr|eu)(?:/[^\s<>\"']*)?(?![\w.-]*\w)"
        ),
        0.7,
        (
            ".com",
            ".org",
            ".net",
            ".edu",
            ".gov",
            ".info",
            ".biz",
            ".io",
            ".app",
            ".dev",
            ".es",
            ".co.uk",
            ".de",
            ".fr",
            ".eu",
        ),
    ),
    Pattern("handle", re.compile(r"(?<![\w@./])@[A-Za-z_][\w.]{2,30}(?!\w)"), 0.6, ("@",)),
    Pattern("ip", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)"), 0.9, (".",), _address),
    Pattern(
        "ip",
        re.compile(
            r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4}|(?<=::))(?!\w|:\w)"
        ),
        0.9,
        (":",),
        _address,
    ),
    Pattern(
        "mac",
        re.compile(
            r"(?<!\w)(?<!\b[0-9A-Fa-f]{2}[:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?!\w|[:-][0-9A-Fa-f]{2}\b)|(?<!\w)(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}(?!\w)"
        ),
        0.9,
        (":", "-", "."),
    ),
    Pattern(
        "coordinates",
        re.compile(
            r"(?<![\w.])[+-]?\d{1,2}\.\d{3,}°?\s?[NSns]?[,;\s]\s?[+-]?\d{1,3}\.\d{3,}°?\s?[EWOewo]?(?!\w)|\b\d{1,3}°\s?\d{1,2}['′]\s?(?:\d{1,2}(?:\.\d+)?[\"″]\s?)?[NSEWO]\b"
        ),
        0.8,
        (".", "°"),
    ),
    Pattern(
        "phone",
        re.compile(
            r"(?:(?<!\w)\+\s?\d{1,3}[ .-]?|(?<![\w./])(?<!\w-)(?<!\d,))(?:\(\+?\d{1,4}\)[ .-]?)?(?:\d{2,5}(?:[ .–-]\d{2,7}){1,5}|(?<=\))\d{2,5}/\d{3}-\d{3,5})(?:\s?(?:ext\.?|x|#)\s?\d{1,6})?(?!\w|[-/]\w|[.,]\d|\s?(?:mg|mcg|ml|mmHg|IU|units?|g|kg|%|years?|patients?)\b|\s?%)"
        ),
        0.7,
        (" ", "-", "."),
        _phone,
    ),
    Pattern(
        "phone",
        re.compile(r"(?<!\w)\+\s?\d(?:[ .–/-]?(?:\(0?\d{0,4}\)[ .-]?)?\d){6,14}(?!\w)"),
        0.9,
        ("+",),
        _phone,
    ),
    # As North America writes them; two side by side are too many digits for the rule for all.
    Pattern(
        "phone",
        re.compile(
            r"(?<!\w)(?<!\d[-.])(?:\+?1[-. ]?)?(?:\([2-9]\d\d\)[-. ]?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}(?!\w|[-.]\d)"
        ),
        0.9,
    ),
    Pattern(  # a Chinese mobile
        "phone",
        re.compile(r"(?<!\w)(?<!\d[-.])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\w|[-.]\d)"),
        0.8,
    ),
    Pattern(  # behind a nought, as most of Europe writes them: `0151/2345678`, `(033) 612 3252`, `06 12345678`
        "phone",
        re.compile(
            r"(?<![\w.,/+-])(?:\((?:0\d{1,5}|\+?(?!19|20)\d{2,4})\)[ .-]{0,2}|0\d{1,5}(?: ?[/-] ?| ))\d{3,9}(?:[ .-]\d{2,6}){0,4}(?!\w|[/-]\d|[.,]\d)"
        ),
        0.8,
        check=_whole_number,
        lead=re.compile(r"\(\+?\d{2,6}\)|(?<![\w.,/+-])0\d{1,5}(?: ?[/-] ?| )\d{3}"),
    ),
    _dialled(
        r"phone|tel|tel[eé]fono|m[oó]vil|mobile|cell|fax|call|llama\w{0,8}|whatsapp|handy|mobil|telefon[eo]?|telefoonnummer|telefoon|gsm|cellulare|celular|telem[oó]vel|t[eé]l[eé]phone|portable",
        0.9,
        (
            "phone",
            "tel",
            "móvil",
            "movil",
            "mobile",
            "cell",
            "fax",
            "call",
            "llam",
            "whatsapp",
            "handy",
            "mobil",
            "gsm",
            "telem",
            "cel",
            "portable",
            "phone",
            "tél",
        ),
    ),
    # Not as sure: of accounts, cards and people too.
    _dialled("number|contact", 0.8, ("number", "contact")),
)
