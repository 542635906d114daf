"""The picture of the README's worked example: ``python tests/picture.py`` writes docs/own-series.png.

It shows the page as its three commands make it, in Debian's chromium: the answer, and the series with the path that it was on.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "own-series.png"
#: Width of the window in pixels, and colours of the palette: enough for text and lines, a third of the size.
WIDTH, COLOURS = 720, 48
#: What is shown below the answer, and the room between the two.
FIGURE, GAP = "#figure-counterfactual", 24


def commands() -> str:
    """The worked example of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- worked example -->\s*```\n(.*?)```", text, flags=re.S)
    assert found is not None, "README.md: no worked example"
    return found[1]


def page(folder: Path) -> Path:
    """The page that the commands make in a folder of their own."""
    bin_folder = Path(sys.executable).parent
    lines = commands().replace(".venv/bin/", f"{bin_folder}/")
    own = folder / "own"
    (own / "scenarios").mkdir(parents=True)
    shutil.copytree(ROOT / "scenarios/data", own / "scenarios/data")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("EPRIVACY_ITS_")}
    subprocess.run(["bash", "-e", "-c", lines], cwd=own, env=outside, check=True)
    return own / "build/scenarios/hotline/page.html"


def photograph(file: Path) -> bytes:
    """The answer and the figure of the expected path below it, as a PNG of few colours and no further data."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_context(viewport={"width": WIDTH, "height": 900}, offline=True).new_page()
        tab.goto(file.as_uri())
        answer, figure = (tab.locator(name).first.bounding_box() for name in (".its-answer", FIGURE))
        assert answer is not None
        assert figure is not None
        clips = [(0.0, answer["y"] + answer["height"]), (figure["y"], figure["height"])]
        parts = [
            Image.open(
                io.BytesIO(
                    tab.screenshot(full_page=True, clip={"x": 0, "y": y, "width": WIDTH, "height": tall})
                )
            )
            for y, tall in clips
        ]
        browser.close()
    whole = Image.new("RGB", (WIDTH, sum(part.height for part in parts) + GAP), "white")
    whole.paste(parts[0], (0, 0))
    whole.paste(parts[1], (0, parts[0].height + GAP))
    small = io.BytesIO()
    whole.quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        PICTURE.write_bytes(photograph(Path(sys.argv[1]) if len(sys.argv) > 1 else page(Path(temporary))))
