"""What somebody does for a living, where it stands before their name: `airport tower controller Helga Brandtner`."""

import re
from collections.abc import Iterable, Iterator

from wye.policy.detectors.finding import Finding

HEADS = frozenset(
    "accountant actor actress actuary administrator adviser advisor aide analyst anesthesiologist apprentice archaeologist architect archivist assembler assistant astronaut"
    " astronomer attendant auditor baker banker barber barista bartender biologist boilermaker bookkeeper broker butcher buyer captain cardiologist caretaker carpenter cashier"
    " chauffeur chef chemist choreographer cleaner clerk coach collector columnist commander composer conductor conservator consultant contractor controller cook coordinator"
    " coroner counselor counsellor courier curator custodian dancer dealer dentist dermatologist designer detective developer dietitian dispatcher distributor drafter driver"
    " economist editor educator electrician engineer epidemiologist estimator examiner farmer firefighter fisher florist foreman forester gardener geographer geologist glazier"
    " guard guide hairdresser handler historian housekeeper hygienist illustrator inspector installer instructor interpreter investigator janitor jeweler journalist laborer"
    " lawyer attorney lecturer librarian lieutenant lifeguard lobbyist locksmith logger machinist magistrate maid maintainer manager mason mathematician mechanic merchandiser"
    " merchant messenger meteorologist microbiologist midwife miner molder musician negotiator neurologist nurse nutritionist officer operator optician optometrist orderly"
    " painter paralegal paramedic pathologist pediatrician pharmacist phlebotomist photographer physician physicist physiotherapist pianist pilot planner plasterer plumber"
    " podiatrist policeman policewoman porter preparer presser principal printer processor producer professor programmer proofreader psychiatrist psychologist publicist radiographer"
    " radiologist ranger realtor receptionist recruiter referee registrar repairer reporter representative researcher roofer sailor salesman salesperson saleswoman scientist"
    " sculptor secretary sergeant sheriff singer sociologist soldier solicitor songwriter sorter specialist statistician steward stewardess stonemason stylist superintendent supervisor"
    " surgeon surveyor tailor teacher technician technologist telemarketer teller therapist trader trainer translator treasurer trucker tutor typist undertaker underwriter"
    " upholsterer urologist usher valet veterinarian waiter waitress warden watchman weaver webmaster welder woodworker worker writer zoologist"
    " abogado abogada arquitecto arquitecta camarero camarera carpintero cocinero cocinera conductor conductora contable enfermero enfermera fontanero ingeniero ingeniera"
    " maestro maestra mecánico médico médica periodista profesor profesora psicólogo psicóloga secretario secretaria soldado técnico técnica".split()
)
_MODIFIERS = re.compile(r"[A-Z][\w'’-]*,?(?: (?:[a-z][\w'’-]*,?|and|of)){0,6} $")
"""From the capital that opens it."""
_OPENS = frozenset(
    "the a an this that my our your his her their for from to by with hello hi dear and but if when as is was said i we he she it in on at".split()
)
_WINDOW = 72
_LONGEST = 20
_KINDS = frozenset({"name", "address"})
"""A name with a figure behind it is an address."""


def titles(text: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what stands before each name in `found` and says what that one does."""
    found = list(found)
    for one in found:
        place = one.start
        if one.kind not in _KINDS or text[place - 1 : place] != " " or not text[place].isalpha():
            continue
        last = text[text.rfind(" ", max(0, place - _LONGEST), place - 1) + 1 : place - 1]
        if last.lower() not in HEADS:
            last = last[last.rfind("\n") + 1 :]
            if last.lower() not in HEADS:
                continue
        head = text[max(0, place - _WINDOW) : place]
        start = one.start - 1 - len(last)
        line = head[head.rfind("\n") + 1 :]
        phrase = _MODIFIERS.search(line)
        if phrase and phrase[0].split(None, 1)[0].lower() not in _OPENS:
            begin = one.start - len(phrase[0])
            if not any(begin < other.end and other.start < start for other in found):
                start = begin
        yield Finding(start, one.start - 1, "title", 0.5)
