from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors import checksums

DIGITS = st.text("0123456789", min_size=11, max_size=18)


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checksums.card, "4111111111111111"),
        (checksums.card, "378282246310005"),
        (checksums.iban, "GB82WEST12345698765432"),
        (checksums.iban, "es9121000418450200051332"),
        (checksums.ssn, "536221234"),
        (checksums.itin, "912701234"),
        (checksums.npi, "1234567893"),
        (checksums.dea, "AB1234563"),
        (checksums.nhs, "9434765919"),
        (checksums.dni, "12345678Z"),
        (checksums.dni, "X1234567L"),
        (checksums.vin, "1M8GDM9AXKP042788"),
        (checksums.aba, "021000021"),
        (checksums.nuss, "281234567840"),
        (checksums.steuer_id, "86095742719"),
        (checksums.nir, "255081416802538"),
        (checksums.nir, "185052A00608435"),
        (checksums.cpf, "52998224725"),
        (checksums.cnpj, "11222333000181"),
        (checksums.codice_fiscale, "RSSMRA85T10A562S"),
        (checksums.bsn, "111222333"),
        (checksums.pesel, "44051401359"),
    ],
)
def test_published_examples_pass_and_any_other_last_character_fails(
    check: Callable[[str], bool], right: str
) -> None:
    assert check(right)
    if check not in {checksums.ssn, checksums.itin, checksums.vin}:
        other = "ABCDEFGHJKLMNPQRSTVWXYZ" if right[-1].isalpha() else "0123456789"
        assert not any(check(right[:-1] + last) for last in other if last != right[-1])


@pytest.mark.parametrize(
    "wrong", ["000221234", "666221234", "900221234", "536001234", "536220000", "078051120"]
)
def test_numbers_that_were_never_issued_are_no_ssn(wrong: str) -> None:
    assert not checksums.ssn(wrong)


@given(DIGITS)
def test_luhn_accepts_exactly_one_check_digit_and_catches_each_wrong_digit(body: str) -> None:
    right = [body + digit for digit in "0123456789" if checksums.luhn(body + digit)]
    assert len(right) == 1
    for place in range(len(body)):
        changed = right[0][:place] + str((int(right[0][place]) + 1) % 10) + right[0][place + 1 :]
        assert not checksums.luhn(changed)


@given(st.text(max_size=40))
def test_every_check_is_total(text: str) -> None:
    for check in (
        checksums.luhn,
        checksums.card,
        checksums.iban,
        checksums.ssn,
        checksums.itin,
        checksums.npi,
        checksums.dea,
        checksums.nhs,
        checksums.dni,
        checksums.nuss,
        checksums.vin,
        checksums.aba,
        checksums.steuer_id,
        checksums.nir,
        checksums.cpf,
        checksums.cnpj,
        checksums.codice_fiscale,
        checksums.bsn,
        checksums.pesel,
    ):
        assert check(text) in {True, False}
