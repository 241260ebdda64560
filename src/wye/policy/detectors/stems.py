"""Endings of drugs' names (WHO, The use of stems in the selection of INN), of diseases and of procedures."""

import re
from typing import Final

_ENDINGS: Final = (
    "pril prils sartan statin statins mab mabs nib nibs gliflozin gliflozins gliptin gliptins glutide olol"
    " olols dipine dipines azole azoles prazole prazoles cillin cillins mycin mycins micin floxacin"
    " floxacins cycline cyclines vir virs caine setron triptan triptans parin parins xaban xabans grel"
    " grelor lukast terol tropium sone solone nide onide asone thiazide thiazides semide lactone pine"
    " apine idone azepam azepams zolam barbital oxetine axine ipram traline triptyline mide formin"
    " glitazone glitazones zide uride platin taxel rubicin tinib ciclib parib limus mustine trexate fenac"
    " profen coxib dronate dronic oxacin penem vudine bufrine conazole bactam cept kinra ximab zumab"
    " lizumab stim poetin glinide pitant itis osis oses emia aemia pathy pathies ectomy ostomy otomy"
    " plasty scopy gram graphy oma omas uria algia plegia penia philia phobia trophy genic toxin lysis"
    " emic stigmine dopa mantine azine zepine etam bamate pentin balin codone adol entanyl naloxone orphan"
    " nalone adine idine amine amines zoline frine ephrine enone estrel estradiol gestrol terone steride"
    " losin nafil tadine"
)
_INSIDE: Final = re.compile(r"\w{2,}(?:cef\w+|sulfa\w*|mab-\w+|morph\w+)")
_TAIL: Final = 3
"""Letters that the shortest ending has."""
_BY_TAIL: Final[dict[str, tuple[str, ...]]] = {}
for _ending in _ENDINGS.split():
    _BY_TAIL[_ending[-_TAIL:]] = (*_BY_TAIL.get(_ending[-_TAIL:], ()), _ending)


def stem(word: str) -> bool:
    """Whether `word`, in small letters, is called as drugs, diseases and procedures are: `rosuvastatin`, `gastritis`.

    Asked of every unknown word: by its last letters, as an expression of all endings takes ten times as long.
    """
    for ending in _BY_TAIL.get(word[-_TAIL:], ()):
        head = word[: -len(ending)]
        if len(head) > 1 and word.endswith(ending) and head.isalpha():
            return True
    return ("cef" in word or "sulfa" in word or "mab-" in word or "morph" in word) and (
        _INSIDE.fullmatch(word) is not None
    )
