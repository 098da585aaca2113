"""How long a reviewer waits: until the first crop of a document stands there, and from one field to the next.

    python -m bench.desk [--documents 12]

A real browser before one web process; documents as the desk's tests make them (digital, two pages, ten doubts).
First crop: from the start of the navigation to the `load` of the picture that stands in its place.  Next field:
from the key to the next field in hand with its crop complete, by the page's own clock.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.desk.conftest import ARGS, CHROMIUM, House
from tests.desk.made import FIELDS

WATCH = """document.addEventListener('load', event => {
  if (event.target.id === 'crop-image') window.firstCrop ??= performance.now();
}, true);"""
FIRST = "() => window.firstCrop"
NEXT = """() => new Promise(resolve => {
  const began = performance.now();
  const before = document.activeElement.dataset.fieldId;
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true}));
  const image = document.getElementById('crop-image');
  const look = () => document.activeElement.dataset.fieldId !== before && image.complete && image.naturalWidth
    ? requestAnimationFrame(() => resolve(performance.now() - began)) : setTimeout(look, 1);
  look();
})"""


def measure(page: Any, url: str) -> tuple[float, list[float]]:
    """Milliseconds to the first crop, and from field to field."""
    page.goto(url, wait_until="domcontentloaded")
    page.locator("#crop-frame:not([hidden])").wait_for()
    first = page.evaluate(FIRST)
    page.wait_for_timeout(1000)  # a person looks
    steps: list[float] = []
    for _field in range(8):
        steps.append(page.evaluate(NEXT))
        page.wait_for_timeout(500)
    return first, steps


def main(argv: list[str] | None = None) -> int:
    p = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    p.add_argument("--documents", type=int, default=12)
    args = p.parse_args(argv)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="nianbao-bench-") as folder, sync_playwright() as playwright:
        house = House(Path(folder) / "data", sample_share=0.0)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        context.add_cookies([{"name": "nianbao_session", "value": house.session("甲"), "url": house.url}])
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{house.url}/queue")
        page.wait_for_timeout(3000)
        ids = [house.document(f"{n}.pdf", doubtful=dict.fromkeys(FIELDS[10:20], 5)) for n in range(args.documents)]
        told = [measure(page, f"{house.url}/review/{document}") for document in ids]
        browser.close()
        house.close()
    firsts, steps = [f for f, _ in told], [s for _, more in told for s in more]
    print(f"first crop, ms: median {statistics.median(firsts):.0f}, worst {max(firsts):.0f}")
    print(f"next field, ms: median {statistics.median(steps):.1f}, worst {max(steps):.1f}")
    return 0 if statistics.median(firsts) <= 300 and statistics.median(steps) <= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
