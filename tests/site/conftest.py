"""The site in a real browser: Debian's chromium, the network off."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import sample


@pytest.fixture(scope="session")
def site_folder(built: Path) -> Path:
    """The built site."""
    return built / "site"


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site whose content is known, in a folder whose name needs care in addresses."""
    return _small_site(tmp_path_factory.mktemp("sample") / "a site #1")


def _small_site(folder: Path) -> Path:
    from eprivacy_its.pages import reference, site

    document = {"schema": 1, "provenance": sample.PROVENANCE, "estimates": sample.ESTIMATES}
    pages = [
        site.SitePage("09_findings", sample.notebook(), document),
        site.SitePage("01_sample", sample.notebook()),
        site.SitePage("02_broken", sample.notebook(broken=True)),
    ]
    return site.build_site(pages, reference.project_extra(), folder).parent


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium, driven by Playwright."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        reason = "no chromium found: install Debian's package chromium, or set CHROMIUM to its path"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    options += ["--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=options)
        yield running
        running.close()


@pytest.fixture
def open_page(browser):
    """Opens a page with the network off; afterwards no request may have left and no error been logged."""
    contexts, seen = {}, {"requests": [], "errors": []}

    def opened(file: Path, *, width: int = 1280, scheme: str = "light", **options):
        key = (width, scheme, *options.items())
        if key not in contexts:
            contexts[key] = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, **options
            )
        page = contexts[key].new_page()
        page.on("request", lambda request: seen["requests"].append(request.url))
        page.on("requestfailed", lambda request: seen["errors"].append(f"failed: {request.url[:100]}"))
        page.on("pageerror", lambda error: seen["errors"].append(str(error)))
        page.on(
            "console",
            lambda message: (
                seen["errors"].append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts.values():
        context.close()
    outside = [url[:100] for url in seen["requests"] if not url.startswith(("file:", "data:"))]
    assert outside == []
    assert seen["errors"] == []
