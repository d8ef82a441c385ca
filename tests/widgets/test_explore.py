import threading

import ipywidgets
import pandas as pd
import pytest
from IPython.core.formatters import format_display_data

from patternlab.plots import Picture
from patternlab.plots.drawing import style
from patternlab.widgets import Choice, Slider, Steps, explore


def picture_of(text):
    """Return a small picture whose colour and words depend on ``text``."""
    shade = sum(map(ord, str(text))) % 256
    figure = style.new_figure(0.5, style.LIGHT)
    figure.set_facecolor(f"#{shade:02x}4080")
    return Picture(figure, pd.DataFrame({"value": [text]}), f"The value is {text}.")


def shown(explorer):
    """Return (PNG bytes, words below) as the page has them."""
    _, image, sentence, fold = explorer.children
    return bytes(image.value), sentence.value or fold.children[0].value


def dragged(text):
    return picture_of(text).png(style.DRAGGED_DPI)


def control(explorer, label):
    (found,) = [child for child in explorer.children[0].children if child.description == label]
    return found


@pytest.fixture
def simple():
    return explore(picture_of, text=Slider("Timeout (s)", 5, 120, 30, step=5))


def test_a_moved_slider_sets_the_picture_its_twin_and_its_title(simple):
    png, words = shown(simple)  # before the widget is displayed
    assert png == dragged(30)
    assert "The value is 30." in words
    control(simple, "Timeout (s)").value = 45
    png, words = shown(simple)
    assert png == dragged(45) != dragged(30)
    assert "The value is 45." in words and "<td>45</td>" in words
    image = simple.children[1]
    assert image.tooltip == simple.picture.alt == "The value is 45."
    assert (image.width, image.height) == ("900", "50")


def test_the_image_has_the_description_without_which_the_page_shows_no_titled_image(simple):
    assert simple.children[1].description == ""
    assert "description" in simple.children[1].keys


@pytest.mark.parametrize(
    ("made", "kind", "value"),
    [
        (Slider("n", 1, 9, 3), ipywidgets.IntSlider, 3),
        (Slider("n", 0, 1, 0.25, step=0.05), ipywidgets.FloatSlider, 0.25),
        (Steps("n", [1, 10, 100], 10), ipywidgets.SelectionSlider, 10),
        (Choice("n", ["standard", "FIFO"], "FIFO"), ipywidgets.Dropdown, "FIFO"),
        (Choice("n", [("a standard queue", 1), ("FIFO", 2)], 2), ipywidgets.Dropdown, 2),
    ],
)
def test_each_control_becomes_its_widget_with_its_value(made, kind, value):
    explorer = explore(picture_of, text=made)
    widget = control(explorer, "n")
    assert isinstance(widget, kind)
    assert explorer.values == {"text": value}
    assert getattr(widget, "continuous_update", True)


@pytest.mark.parametrize(("step", "written"), [(0.5, ".1f"), (0.05, ".2f"), (1e-3, ".3f")])
def test_a_slider_writes_as_many_decimals_as_its_step_has(step, written):
    explorer = explore(picture_of, text=Slider("n", 0, 1, 0.5, step=step))
    assert control(explorer, "n").readout_format == written


def test_an_opened_twin_stays_open_and_follows_the_slider(simple):
    fold = simple.children[3]
    assert (fold.titles, fold.selected_index) == (("The same as text",), None)
    fold.selected_index = 0
    control(simple, "Timeout (s)").value = 45
    assert fold.selected_index == 0
    assert "<td>45</td>" in fold.children[0].value


def test_several_controls_reach_the_function_by_name():
    calls = []

    def draw(timeout, queue):
        calls.append((timeout, queue))
        return picture_of(f"{timeout} {queue}")

    queues = Choice("Queue", ["standard", "FIFO"], "standard")
    explorer = explore(draw, timeout=Slider("Timeout", 1, 9, 3), queue=queues)
    control(explorer, "Queue").value = "FIFO"
    control(explorer, "Timeout").value = 4
    assert calls == [(3, "standard"), (3, "FIFO"), (4, "FIFO")]


def test_page_parts_have_the_classes_that_styles_and_browser_tests_use(simple):
    assert "patternlab-explore" in simple._dom_classes
    assert "patternlab-control" in control(simple, "Timeout (s)")._dom_classes


def test_a_slow_old_value_never_replaces_a_newer_picture():
    """Two callbacks overlap; the one for the older value ends last."""
    begun, finish = threading.Event(), threading.Event()

    def draw(value):
        if value == 2:
            begun.set()
            assert finish.wait(timeout=30)
        return picture_of(value)

    explorer = explore(draw, value=Slider("Value", 1, 9, 1))
    slider = control(explorer, "Value")
    slow = threading.Thread(target=setattr, args=(slider, "value", 2))
    slow.start()
    assert begun.wait(timeout=30)
    slider.value = 3
    finish.set()
    slow.join(timeout=30)
    assert not slow.is_alive()
    assert shown(explorer)[0] == dragged(3)
    assert explorer.picture.alt == "The value is 3."


def test_an_error_of_the_function_is_a_sentence_and_the_next_value_draws_again():
    def draw(rate):
        if rate > 5:
            raise RuntimeError("the <model> has no such rate")
        return picture_of(rate)

    explorer = explore(draw, rate=Slider("Failure rate", 0, 9, 7))
    _, image, _, fold = explorer.children
    assert image.layout.display == fold.layout.display == "none"
    assert "could not be drawn for Failure rate = 7: RuntimeError" in shown(explorer)[1]
    assert "the &lt;model&gt; has no such rate" in shown(explorer)[1]
    control(explorer, "Failure rate").value = 3
    assert image.layout.display is fold.layout.display is None
    assert shown(explorer)[0] == dragged(3)


def test_a_result_that_is_not_a_picture_is_named():
    explorer = explore(lambda rate: "drawn", rate=Slider("Rate", 0, 9, 7))
    assert "TypeError: the function returned a str" in shown(explorer)[1]


def test_a_reader_without_a_kernel_gets_the_picture_and_the_same_words_each_time():
    def bundle():
        return format_display_data(explore(picture_of, text=Slider("Timeout (s)", 5, 120, 30)))

    (data, metadata), (again, _) = bundle(), bundle()
    assert data["text/plain"] == again["text/plain"]
    assert data["text/plain"].splitlines()[:2] == ["Timeout (s) = 30", "The value is 30."]
    assert data["image/png"] == picture_of(30).png()
    assert 'alt="The value is 30."' in data["text/html"]
    assert "<details><summary>The same as text" in data["text/html"]
    assert metadata["image/png"]["alt"] == "The value is 30."
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize(
    ("made", "values"),
    [
        (Slider("Rate", 5, 1, 3), "'Rate'.* 5 to 1"),
        (Slider("Rate", 0, 10, 30), "'Rate'.* 30"),
        (Slider("Rate", 0, 10, 3, step=0), "'Rate'.* 0 .* 3"),
        (Steps("Rate", [1, 2], 3), "'Rate'.* 3.* 1, 2"),
        (Choice("Queue", [], "FIFO"), "'Queue'.* 'FIFO'"),
    ],
)
def test_a_control_that_cannot_start_is_refused(made, values):
    with pytest.raises(ValueError, match=values):
        explore(picture_of, text=made)


def test_controls_that_the_function_does_not_take_are_refused():
    with pytest.raises(TypeError, match="picture_of .* rate"):
        explore(picture_of, rate=Slider("Rate", 0, 10, 5))
    with pytest.raises(TypeError, match="text is 5"):
        explore(picture_of, text=5)
