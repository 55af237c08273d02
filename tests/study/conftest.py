"""A Hypothesis profile for fuzzing: pytest --hypothesis-profile=long."""

from hypothesis import settings

settings.register_profile("long", max_examples=20_000, deadline=None)
