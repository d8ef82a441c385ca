import subprocess
import sys

import pytest

CLOUD = """
import sys
from patternlab.local import backend as cloud
assert "jsonschema" in sys.modules and "openapi_spec_validator" in sys.modules
assert "rfc3987_syntax" not in sys.modules, "the grammar was compiled, or can never be imported"
"""
BEFORE = """
import sys, types
sys.modules["rfc3987_syntax"] = grammar = types.SimpleNamespace(is_valid_syntax=None)
import patternlab.local
assert sys.modules["rfc3987_syntax"] is grammar
"""


@pytest.mark.parametrize(
    "code", [CLOUD, BEFORE], ids=["a local cloud compiles no grammar", "what is there stays"]
)
def test_in_a_new_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
