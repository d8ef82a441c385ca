"""A learner drags a slider in JupyterLab, and the picture that stays is the right one.

JupyterLab can run two widget callbacks at once, and then the last picture may be blank or that of
another value. So the settled picture after a fast move is compared with the one that the same value
gave when nothing else was going on.
"""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Error, Page, sync_playwright

from patternlab.paths import NOTEBOOKS

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("PATTERNLAB_REQUIRE_BROWSER") == "1"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOKEN = "slider-test"
LOOK = 100  # milliseconds between two looks; Playwright's own way is to draw and look for ever
PATIENCE = 60_000  # milliseconds: how long a step may take on a busy machine before it has failed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        BROWSER is None and not REQUIRED, reason="no browser here: install chromium to run this"
    ),
]

# A figure like those of the course, and two that are wrong in the ways that the test must see.
FIGURE = """\
import io, ipywidgets as widgets
from matplotlib.figure import Figure
slider = widgets.IntSlider(value=2, min=0, max=20, description="k")
image = widgets.Image(format="png")
drawn = []
def draw(change=None):
    figure = Figure(figsize=(3, 2))
    {plot}
    figure.savefig(data := io.BytesIO(), format="png")
    image.value = data.getvalue()
slider.observe(draw, "value")
draw()
slider.add_class("patternlab-control")
box = widgets.VBox([slider, image])
box.add_class("patternlab-explore")
box"""
RIGHT = "figure.subplots().plot([0, slider.value])"
BLANK = "pass"
STALE = "drawn.append(slider.value); figure.subplots().plot([0, sum(drawn)])"


def end_with_parent() -> None:
    """Linux ends this process when its parent ends, however that happens."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory) -> Iterator[str]:
    """JupyterLab as `make lab` starts it, on a free port, with no settings of the user's."""
    home = tmp_path_factory.mktemp("home")
    private = ["CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"]
    command = [sys.executable, "-m", "patternlab", "lab", "--no-browser"]
    process = subprocess.Popen(
        [*command, "--folder", str(folder), "--expose-app-in-browser"],
        env=os.environ
        | {f"JUPYTER_{name}": str(home / name) for name in private}
        | {"IPYTHONDIR": str(home / "ipython"), "JUPYTER_TOKEN": TOKEN},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent if sys.platform == "linux" else None,
    )
    try:
        log = []
        for line in process.stderr:
            log.append(line)
            if address := re.search(r"(http://127\.0\.0\.1:\d+)/lab", line):
                break
        else:
            pytest.fail("JupyterLab did not start:\n" + "".join(log))
        # Nobody reads the log from here on, but it must not fill the pipe.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield address[1]
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def lab(server) -> Iterator[Page]:
    """JupyterLab's page, loaded once: notebooks are opened in it one after the other."""
    assert BROWSER, "no browser here, and PATTERNLAB_REQUIRE_BROWSER=1: install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server}/lab?token={TOKEN}&reset")
        yield page
        browser.close()


class Figure:
    """The first slider figure of a notebook, which is opened in JupyterLab and run."""

    def __init__(self, lab: Page, notebook: str) -> None:
        self.page, self.notebook = lab, notebook
        lab.wait_for_function("() => window.jupyterapp?.restored", polling=LOOK)
        lab.evaluate(
            """async (path) => {
                await jupyterapp.restored;
                await jupyterapp.commands.execute('docmanager:open', { path });
            }""",
            notebook,
        )
        self._until_idle()
        lab.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        self._until_idle()
        figure = lab.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .patternlab-explore").first
        self.image = figure.locator("img").first
        self.handle = figure.locator(".patternlab-control [role=slider]").first

    def _until_idle(self) -> None:
        """Wait until this notebook is the one that is shown, and its kernel has nothing to do."""
        self.page.wait_for_function(
            """(path) => {
                const session = window.jupyterapp?.shell?.currentWidget?.sessionContext;
                return session?.path === path && session.session?.kernel?.status === 'idle';
            }""",
            arg=self.notebook,
            polling=LOOK,
        )

    def overlap(self) -> str:
        """Whether JupyterLab lets widget messages overlap, in its own words."""
        kernel = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        return self.page.evaluate(f"() => {kernel}.commsOverSubshells")

    def press(self, key: str) -> None:
        """Move the slider by its keyboard, without waiting for the picture."""
        self.handle.press(key)

    def value(self) -> float:
        return float(self.handle.get_attribute("aria-valuenow"))

    def settled(self) -> str:
        """The picture's bytes (base64) once nothing is under way.

        The kernel answers in order: after a first answer it has drawn what was sent before; the
        browser then sends the value it held back meanwhile, and a second answer is after that.
        """
        for _ in range(3):
            self.page.evaluate(
                """async () => {
                    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                    await kernel.requestExecute({ code: 'pass', silent: true }).done;
                }"""
            )
        self._until_idle()
        return self._read()

    def _read(self) -> str:
        read = """async (image) => {
            const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
            return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
        }"""
        try:
            return self.image.evaluate(read)
        except Error:  # replaced between the look and the read: the new one is there now
            return self.image.evaluate(read)

    def colours(self) -> int:
        """How many colours the picture shows, as the browser draws it: a blank one has one."""
        return self.image.evaluate(
            """async (image) => {
                await image.decode();
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
                return new Set(new Uint32Array(data.buffer)).size;
            }"""
        )


def faults(figure: Figure) -> list[str]:
    """Move the slider slowly, then fast, and say what is wrong with the pictures."""
    found = []
    figure.press("Home")
    first = figure.value()
    slow = {first: figure.settled()}
    if figure.colours() < 3:
        found.append("the first picture is blank")
    for _ in range(3):
        figure.press("ArrowRight")
        slow[figure.value()] = figure.settled()
    last = figure.value()
    if len(slow) != 4:
        found.append(f"three steps of the slider led to {sorted(slow)}")
    if slow[last] == slow[first]:
        found.append("the picture does not depend on the slider")
    if figure.colours() < 3:
        found.append("the last picture is blank")
    right, left = "ArrowRight", "ArrowLeft"
    for keys, value in [
        ([right] + [left] * 4, first),
        ([right] * 3, last),
        ([right] * 8 + ["Home"] + [right] * 3, last),
        ([right] * 8 + ["Home"], first),
    ]:
        for key in keys:  # fast: no picture is waited for
            figure.press(key)
        picture = figure.settled()
        if figure.value() != value:
            found.append(f"the slider stopped at {figure.value():g}, not at {value:g}")
        elif picture != slow[value]:
            found.append(f"the picture of {value:g} after a fast move is another one")
    return found


def write(path: Path, source: str) -> Path:
    cell = nbformat.v4.new_code_cell(source)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
    nbformat.write(book, path)
    return path


@pytest.mark.deep
@pytest.mark.parametrize(
    "name, plot, expected",
    [
        ("right", RIGHT, None),
        ("blank", BLANK, "the first picture is blank"),
        ("stale", STALE, "the picture of 0 after a fast move is another one"),
    ],
    ids=["right", "blank", "stale"],
)
def test_the_check_tells_right_figures_from_wrong_ones(folder, lab, name, plot, expected):
    path = write(folder / f"{name}.ipynb", FIGURE.format(plot=plot))
    figure = Figure(lab, path.name)
    # The setting that the install puts into the prefix has reached the kernel's connection.
    assert figure.overlap() == "disabled"
    found = faults(figure)
    if expected is None:
        assert found == []
    else:
        assert expected in found


def test_the_slider_of_notebook_01_shows_the_right_picture(folder, lab):
    name = "01-sqs-lambda-dlq.ipynb"
    shutil.copy(NOTEBOOKS / name, folder)
    assert faults(Figure(lab, name)) == []
