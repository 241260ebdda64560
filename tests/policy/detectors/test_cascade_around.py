"""What stands beside an identifier does not hide it: signs, figures, other scripts, strings in strings."""

import pytest

from wye.config.masking import found_as
from wye.policy.detectors import Detector

VALUES = (
    ("card", "4111 1111 1111 1111"),
    ("card", "4111111111111111"),
    ("card", "4111-1111-1111-1111"),
    ("card", "3782 822463 10005"),
    ("card", "5500.0000.0000.0004"),
    ("card", "6011  1111  1111  1117"),
    ("ssn", "219-09-9999"),
    ("ssn", "219 09 9999"),
    ("phone", "415-555-0134"),
    ("phone", "(415) 555-0134"),
    ("phone", "1-800-555-0199"),
    ("phone", "+1 415 555 0134"),
    ("phone", "+14155550134"),
    ("phone", "+34 612 345 678"),
    ("email", "jane.doe@example.com"),
    ("iban", "GB82 WEST 1234 5698 7654 32"),
    ("iban", "DE89370400440532013000"),
    ("iban", "ES91 2100 0418 4502 0005 1332"),
    ("ip", "192.168.14.7"),
    ("mac", "00:1B:44:11:3A:B7"),
    ("mac", "00-1B-44-11-3A-B7"),
    ("national_id", "12345678Z"),
    ("national_id", "943 476 5919"),
    ("vehicle", "1HGCM82633A004352"),
    ("secret", "sk-proj-abcdefghijklmnopqrstuvwxyz123456"),
    ("secret", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("date", "12/03/1984"),
    ("date", "1984-03-12"),
    ("date", "March 12, 1984"),
    ("person", "Jane Doe"),
    ("person", "María García López"),
)
AROUND = (
    "{}", "{} 12", "12 {}", "{} 12/27", "{} 123 x", "{}, exp 12/27", "a {} b", "{} and {}",
    "{}, {}", "{},{}", "{}/{}", "({})", "[{}]", '"{}"', "'{}'", "«{}»", "“{}”", "`{}`", "**{}**",
    "_{}_", "~{}~", "<b>{}</b>", '{{"a":"{}"}}', "{}.", "{};", "{}!", "{}?", "{}…", "{}: yes",
    "{}—yes", "{}–", "{}-", "-{}", "- {}", "1. {}", "1) {}", "•{}", "id={}", "id={}&y=2", "?q={}",
    "x:{}", "={}=", "#{}", "№{}", "nº{}", "${}", "@{}", "*{}", "\\{}", "{}\\", "{}'s", "{}\n12",
    "12\n{}", "12\t{}\t13", "|{}|12|", "\u200b{}", "{}\u00a0", "是{}的", "です{}は", "번호{}로", "เลข{}ที่",
    "a\\n{}\\nb", "a\\r\\n{}", "a\\t{}\\tb", '{{\\"a\\":\\"{}\\"}}',
    '{{\\\\\\"a\\\\\\": \\\\\\"{}\\\\\\"}}',
)  # fmt: skip


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.mark.parametrize(("word", "value"), VALUES)
def test_it_is_found_whatever_is_around_it(word: str, value: str, detector: Detector) -> None:
    wanted = found_as((word, "address"))  # a name and a number are one
    for around in AROUND:
        text = around.replace("{}", value).replace("{{", "{").replace("}}", "}")
        covered = {
            place
            for one in detector.suspect(text)
            if one.kind in wanted
            for place in range(one.start, one.end)
        }
        at = text.find(value)
        while at >= 0:
            assert covered.issuperset(range(at, at + len(value))), text
            at = text.find(value, at + len(value))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("身份证11010519491231002X，", "national_id", "11010519491231002X"),
        ("주민등록번호 840305-1234567입니다", "national_id", "840305-1234567"),
        ("电话13812345678。", "phone", "13812345678"),
        ("生日1984年3月5日。", "date", "1984年3月5日"),
        ("1984년 3월 5일에", "date", "1984년 3월 5일"),
        ("nació el 1º de mayo de 1984", "date", "el 1º de mayo de 1984"),
        ("12/03/1984-15/03/1984", "date", "15/03/1984"),
        ("1984-03-12/1984-04-13", "date", "1984-04-13"),
    ],
)
def test_what_other_countries_write_is_found(text: str, kind: str, value: str, detector: Detector) -> None:
    assert (kind, value) in {(one.kind, text[one.start : one.end]) for one in detector.suspect(text)}


@pytest.mark.parametrize(
    "text", ["0.1234567890123456", "3.14159265358979 and 2.71828182845904", "11010519491231002Y"]
)
def test_other_figures_are_no_card(text: str, detector: Detector) -> None:
    assert "card" not in {one.kind for one in detector.suspect(text)}
