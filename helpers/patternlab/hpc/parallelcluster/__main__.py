"""``python -m patternlab.hpc.parallelcluster FILE ...``: judge cluster files.

Ends with 0 if all are accepted, 1 if one is not, 2 if one cannot be read or nothing can be judged.
"""

from __future__ import annotations

import sys
from pathlib import Path

from patternlab.hpc.errors import HPCError
from patternlab.hpc.parallelcluster.client import judge


def main(files: list[str]) -> int:
    """Judge each file and print what is said of it."""
    if not files:
        print("Name the cluster files to judge: python -m patternlab.hpc.parallelcluster FILE ...")
        return 2
    accepted = True
    for name in files:
        try:
            judgement = judge(Path(name).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            print(f"{name} cannot be read: {error}.")
            return 2
        except HPCError as error:
            print(error)
            return 2
        accepted = accepted and judgement.accepted
        print(f"{name}: {judgement}")
        for sentence in judgement.assumed:
            print(f"  taken for granted: {sentence}")
    return 0 if accepted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
