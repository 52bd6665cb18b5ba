"""How often what is dragged on the page Theory is redrawn: `python -m tests.benchmarks.theory`.

One draw holds D*, JS, W1 and both derivatives at 41 places of P_θ, and six steps of D's learning.
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Page, sync_playwright

from tests.browser.test_theory import URL, open_kit
from tests.chromium import find_installed
from tests.conftest import CHROMIUM_ARGUMENTS

SECONDS = 3
# Pointer events as fast as frames, for this long; then single draws by the clock.
DRAG = f"""async () => {{
  const grip = document.querySelector(".theory .handle");
  const frame = grip.getBoundingClientRect();
  const at = (name, x) => grip.dispatchEvent(new PointerEvent(name, {{
    pointerId: 1, bubbles: true, clientX: x, clientY: frame.top + 9 }}));
  grip.setPointerCapture = () => {{}};
  at("pointerdown", frame.left + 9);
  const [began, first] = [performance.now(), shown.redraws];
  const moving = (now) => {{
    at("pointermove", frame.left + 60 * Math.sin(now / 300));
    const next = (go) => requestAnimationFrame((t) => go(moving(t)));
    if (now - began < {1000 * SECONDS}) return new Promise(next);
  }};
  await moving(began);
  const redraws = (shown.redraws - first) / (performance.now() - began) * 1000;
  at("pointerup", frame.left + 9);
  const took = [];
  for (let k = 0; k < 60; k++) {{
    shown.theta(3 * Math.sin(k)); shown.widen?.("fake", 0, 0.4 + k / 100);
    const start = performance.now();
    shown.draw();
    took.push(performance.now() - start);
  }}
  return {{ redraws, took }};
}}"""


def report(page: Page) -> None:
    found = page.evaluate(DRAG)
    took = sorted(found["took"])
    print(f"{URL}: {found['redraws']:.0f} redraws a second while a hump is dragged")
    print(f"one draw: median {statistics.median(took):.1f} ms, 95 % below {took[56]:.1f} ms")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_installed(), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        open_kit(page)
        report(page)
        browser.close()
