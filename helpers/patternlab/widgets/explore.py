"""A figure with controls: move a slider, and the model runs again.

``explore`` keeps the model apart from the view. It calls one plain function with the values of the
controls and shows the ``Picture`` that comes back. The function can be tested and timed alone.
"""

from __future__ import annotations

import html
import inspect
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral
from typing import Any, ClassVar

import ipywidgets as widgets
from traitlets import Unicode

from patternlab.plots import Picture
from patternlab.plots.drawing.picture import SAME
from patternlab.plots.drawing.style import DRAGGED_DPI

FAILED = "The figure could not be drawn"


@dataclass(frozen=True)
class Slider:
    """A number from ``low`` to ``high``; whole numbers when all four arguments are whole."""

    label: str
    low: float
    high: float
    value: float
    step: float = 1

    def widget(self) -> widgets.Widget:
        """Return the slider, or raise a ``ValueError`` that names what does not fit."""
        numbers = (self.low, self.high, self.value, self.step)
        if not (self.low <= self.value <= self.high and self.step > 0):
            raise ValueError(
                f"The slider {self.label!r} goes from {self.low} to {self.high} in steps of "
                f"{self.step} and starts at {self.value}. Start between the ends, and step up."
            )
        whole = all(isinstance(number, Integral) for number in numbers)
        kind = widgets.IntSlider if whole else widgets.FloatSlider
        decimals = -int(Decimal(str(self.step)).as_tuple().exponent)
        look = {} if whole else {"readout_format": f".{max(decimals, 0)}f"}
        return kind(min=self.low, max=self.high, value=self.value, step=self.step, **look)


@dataclass(frozen=True)
class _Options:
    """A control over a few chosen values."""

    label: str
    options: Sequence[Any]
    value: Any
    kind: ClassVar[type[widgets.Widget]]

    def widget(self) -> widgets.Widget:
        """Return the control, or raise a ``ValueError`` that names what does not fit."""
        values = [item[1] if isinstance(item, tuple) else item for item in self.options]
        if self.value not in values:
            raise ValueError(
                f"The control {self.label!r} starts at {self.value!r}, which is none of its "
                f"options: {', '.join(map(repr, values)) or 'there are none'}."
            )
        return self.kind(options=list(self.options), value=self.value)


class Steps(_Options):
    """A slider over a few chosen values, for example 1, 10, 100."""

    kind = widgets.SelectionSlider


class Choice(_Options):
    """A drop-down list of values, or of ``(words, value)`` pairs."""

    kind = widgets.Dropdown


Control = Slider | Steps | Choice


def explore(draw: Callable[..., Picture], **controls: Control) -> Explorer:
    """Return a figure that follows its controls.

    Args:
        draw: called with one keyword argument per control; runs the model and returns its picture.
            An error it raises is shown as a sentence where the figure would be.
        controls: the name of each argument of ``draw``, and its ``Slider``, ``Steps`` or
            ``Choice``.

    Returns:
        A widget, already drawn with the first values. As the last line of a cell it shows itself.

    Raises:
        TypeError: ``draw`` does not take these arguments, or a control is not one of these.
        ValueError: a control cannot start at its value.
    """
    for name, control in controls.items():
        if not isinstance(control, Control):
            raise TypeError(f"{name} is {control!r}. Give a Slider, Steps or Choice.")
    try:
        inspect.signature(draw).bind(**dict.fromkeys(controls))
    except TypeError as error:
        called = getattr(draw, "__name__", "draw")
        raise TypeError(
            f"{called} cannot be called with {', '.join(controls) or 'no arguments'}: {error}. "
            "Give one control for each of its arguments."
        ) from None
    return Explorer(draw, controls)


class _Image(widgets.Image):
    """An image with an accessible name.

    An Image widget has no alt. Its tooltip becomes the title of the ``<img>``, which is what
    screen readers take next. The front end (ipywidgets 8.1) sets the title only after a look at
    the length of a description, which an Image does not have: without this one it draws nothing.
    """

    description = Unicode("").tag(sync=True)


class Explorer(widgets.VBox):
    """The widget that ``explore`` returns: controls, the picture, and its twin in text."""

    def __init__(self, draw: Callable[..., Picture], controls: dict[str, Control]) -> None:
        self._draw = draw
        self._labels = {name: control.label for name, control in controls.items()}
        width = max((len(label) for label in self._labels.values()), default=0)
        self._controls = {name: _shown(control, width) for name, control in controls.items()}
        self._image = _Image(format="png")
        self._sentence = widgets.HTML()
        self._twin = widgets.HTML().add_class("jp-RenderedHTMLCommon")  # tables as elsewhere
        # An Accordion stays open while its text changes; a <details> in the text would close.
        self._fold = widgets.Accordion([self._twin], titles=[SAME], selected_index=None)
        # JupyterLab may run callbacks side by side, and a slow one may end last. Each takes a
        # number when it begins; only the holder of the newest number may set the picture.
        self._lock = threading.RLock()
        self._newest = 0
        self.picture: Picture | None = None
        controls_box = widgets.VBox([*self._controls.values()])
        super().__init__([controls_box, self._image, self._sentence, self._fold])
        self.add_class("patternlab-explore")
        self._redraw()
        for control in self._controls.values():
            control.observe(self._redraw, names="value")

    @property
    def values(self) -> dict[str, Any]:
        """The values of the controls now, by the name of the argument."""
        return {name: control.value for name, control in self._controls.items()}

    def _redraw(self, _change: object = None) -> None:
        with self._lock:
            self._newest += 1
            mine = self._newest
            values = self.values
        try:
            picture = self._draw(**values)
            if not isinstance(picture, Picture):
                kind = type(picture).__name__
                raise TypeError(f"the function returned a {kind} where a Picture is needed")
            png = picture.png(dpi=DRAGGED_DPI)
        except Exception as error:  # a learner's own function: whatever it raises is shown
            picture, sentence = None, self._failure(values, error)
        with self._lock:
            if mine != self._newest:
                return
            self.picture = picture
            if picture is None:
                # The old picture would answer another question: it goes.
                self._image.layout.display = self._fold.layout.display = "none"
                self._sentence.value = f'<p role="alert">{html.escape(sentence)}</p>'
            else:
                self._show(picture, png)

    def _show(self, picture: Picture, png: bytes) -> None:
        self._image.width, self._image.height = map(str, picture.size)
        self._image.tooltip = picture.alt
        self._image.value = png
        self._twin.value = picture.table_html()
        self._sentence.value = ""
        self._image.layout.display = self._fold.layout.display = None

    def _settings(self, values: dict[str, Any]) -> str:
        return ", ".join(f"{self._labels[name]} = {value}" for name, value in values.items())

    def _failure(self, values: dict[str, Any], error: Exception) -> str:
        settings = self._settings(values)
        place = f" for {settings}" if settings else ""
        return f"{FAILED}{place}: {type(error).__name__}: {error}"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """Return the widget, and for readers without a kernel the picture and words for it.

        The words are the same in every run, so that a test of the notebook can compare them.
        """
        data = dict(super()._repr_mimebundle_(**kwargs))
        settings = self._settings(self.values)
        picture = self.picture
        if picture is None:
            return data | {"text/plain": f"{FAILED} for {settings}."}, {}
        data["text/plain"] = f"{settings}\n{picture.alt}\n{picture.twin_text()}"
        png = picture.png()
        data["text/html"] = f"{picture.image_html(png)}\n{picture.twin_html()}"
        data["image/png"] = png
        width, height = picture.size
        return data, {"image/png": {"alt": picture.alt, "width": width, "height": height}}


def _shown(control: Control, width: int) -> widgets.Widget:
    """Return the control's widget, with room for ``width`` letters, so that sliders line up."""
    widget = control.widget()
    widget.description = control.label
    widget.style.description_width = f"{width}ch"
    widget.layout.width = "min(100%, 560px)"
    if hasattr(widget, "continuous_update"):
        widget.continuous_update = True
    widget.add_class("patternlab-control")
    return widget
