"""The API page: fresh, whole, and the same on every machine."""

from dataclasses import dataclass
from importlib import import_module

import pytest

from patternlab.authoring import api
from patternlab.paths import ROOT


def test_the_page_is_fresh():
    assert api.PAGE.read_text(encoding="utf-8") == api.page(), "run `make api`"


@pytest.mark.parametrize("surface", api.SURFACES)
def test_every_public_name_has_an_entry(surface):
    path = f"patternlab.{surface}" if surface else "patternlab"
    text = api.PAGE.read_text(encoding="utf-8").partition(f"\n## `{path}`\n")[2]
    entries = text.partition("\n## ")[0]
    for name in import_module(path).__all__:
        assert f"`{name}`" in entries or name in api.SURFACES


def test_the_page_names_no_folder_and_no_address_of_this_machine():
    text = api.PAGE.read_text(encoding="utf-8")
    assert str(ROOT) not in text and " at 0x" not in text


@dataclass
class Toy:
    """A toy that ``rolls``.

    Made by :func:`toys`, for example:

        Toy(3)

    Attributes:
        wheels: how many there are,
            spare ones included.
        name: what it is called.
    """

    wheels: int
    name: str = "toy"
    limits: tuple[float, float] = (0.0, 1.0)

    def roll(self, *, far: "bool" = False) -> list[int]:
        """Return the places it passes.

        Not shown.
        """
        return []

    @property
    def weight(self) -> float:
        """Kilograms."""
        return 1.0

    def _hidden(self) -> None: ...


def test_a_class_is_shown_with_its_sections_and_its_public_methods(monkeypatch):
    monkeypatch.setattr(Toy, "__module__", "patternlab.toys")
    assert (
        "\n".join(api._entry("Toy", Toy))
        == """### class `Toy`

```python
Toy(wheels: int, name: str = 'toy', limits: tuple[float, float] = (0.0, 1.0))
```

A toy that `rolls`.

Made by `toys`, for example:

    Toy(3)

*Attributes*

* `wheels`: how many there are,
  spare ones included.
* `name`: what it is called.

* `roll(*, far: bool = False) -> list[int]`: Return the places it passes.
* `weight`: Kilograms.
"""
    )


def test_a_long_call_has_a_line_for_each_argument():
    call = f"f(first: dict[str, int] = {'x' * 90}, second: int) -> Callable[[int, str], None]"
    assert api._on_lines(call).splitlines() == [
        "f(",
        f"    first: dict[str, int] = {'x' * 90},",
        "    second: int,",
        ") -> Callable[[int, str], None]",
    ]
    assert api._on_lines("f(a, b)") == "f(a, b)"
