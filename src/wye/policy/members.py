"""What members of objects are called in programs, and what a form calls the same: `firstName` is a name."""

import functools
import re

_FORMS = {
    "name": "name first firstname forename given givenname givennames middlename fullname displayname patient"
    " patientname customer customername client clientname employee employeename contactname username"
    " accountholder cardholder nombre nombrecompleto vorname prenom nome",
    "surname": "last lastname surname family familyname maidenname apellido apellidos nachname nom cognome",
    "city": "city town village hometown birthplace placeofbirth ciudad localidad stadt wohnort ville citta",
    "address": "address streetaddress addressline addressline1 addressline2 street streetname direccion"
    " adresse strasse indirizzo",
    "zip": "zip zipcode postcode postalcode plz",
    "company": "company employer organization organisation companyname employername empresa firma",
    "date of birth": "dob dateofbirth birthdate birthday fechanacimiento geburtsdatum",
    "phone": "phone phonenumber mobile mobilenumber tel telephone telefono telefon",
}
_CALLED = {member: form for form, members in _FORMS.items() for member in members.split()}
_LETTERS = re.compile(r"[^a-z0-9]")
_LONGEST = 40


@functools.lru_cache(4096)
def called(member: str) -> str:
    """Return what a form calls the member, "" = nothing that detectors know better than itself."""
    return "" if len(member) > _LONGEST else _CALLED.get(_LETTERS.sub("", member.lower()), "")
