from wye.policy.detectors import roles
from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.words import read


def test_every_role_is_a_list_of_the_vocabulary_under_the_same_name() -> None:
    bits = {name: bit for name, bit in vars(roles).items() if isinstance(bit, int)}
    assert len(set(bits.values())) == len(bits)
    for name, bit in bits.items():
        assert {word for word, mask in roles.ROLES.items() if mask & bit} == getattr(voc, name)


def test_a_word_has_its_roles_however_it_is_written() -> None:
    for word in read("The CLINIC's clinic, Clinic’s").all[1:]:
        assert word.roles == roles.ROLES["clinic"]
        assert word.roles & roles.FACILITIES
