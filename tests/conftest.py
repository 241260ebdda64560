"""What holds for every test."""

from hypothesis import settings

# A busy machine is slow now and then; how long a test may take is pytest-timeout's business.
settings.register_profile("wye", deadline=None)
settings.load_profile("wye")
