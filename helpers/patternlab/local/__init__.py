"""The local cloud: moto, and the data plane that it lacks."""

import patternlab.quick_import  # noqa: F401  before moto imports jsonschema
