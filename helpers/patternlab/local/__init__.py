"""The local cloud: moto, and the data plane that it lacks."""

from patternlab.quick_import import import_jsonschema

import_jsonschema()  # before moto does
