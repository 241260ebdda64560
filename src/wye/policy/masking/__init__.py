"""Masking: values leave as tokens of one request, and come back in its answer."""

from wye.policy.masking.answer import restored
from wye.policy.masking.mask import Masked, mask
from wye.policy.masking.restore import Restoration
from wye.policy.masking.stream import Filter
from wye.policy.masking.tokens import Mint

__all__ = ["Filter", "Masked", "Mint", "Restoration", "mask", "restored"]
