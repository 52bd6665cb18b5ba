"""Addresses of every page that somebody mistyped or made up: each is a page or a sentence.

    python -m tests.soak.addresses 28

Expected: a line for each page, with so many addresses and no problem: no red box, and nothing of
the address is ever shown as a link. Nine minutes at load 15, one of them work.
"""

from __future__ import annotations

import random
import sys
import traceback

from streamlit.testing.v1 import AppTest

from pages._ui.site import PAGES
from tests.app_pages import MENU

NAMES = "race run story show digit unseen case abnormal model protocol detector seed step steps"
NAMES += " view at t threshold rate base world rule lesson question tab own file sensor axis index"
NAMES += " sample open tune layers lens speed source method theta n page data column level names"
VALUES = ["", "0", "3", "-1", "9" * 30, "nan", "inf", "1e400", "1,5", "0.05", "true", "None", "é"]
VALUES += ["walking", "ours", "critic", "mnist", "har", "mixture", "ring~gan", "ring", "sharp", "x"]
VALUES += ["[p](http://elsewhere.example/x)", "![p](http://elsewhere.example/x.png)", "[" * 900]
VALUES += ["<img src=http://elsewhere.example/x>", "\0", "../../etc/passwd", "a" * 3_000, "{}", "%"]
VALUES += ["ring,n_samples=10000000~gan", "ring,radius=2~sharp,penalty=10", "own~gan", "0" * 32]
ELSEWHERE = "http://elsewhere.example"


def known(test: AppTest) -> list[str]:
    """What the page itself has put into its address, and the keys of its widgets."""
    keys = [one.key for group in (test.button_group, test.radio, test.selectbox) for one in group]
    return [*test.query_params, *(key for key in keys if key)]


def address(rng: random.Random, names: list[str]) -> dict[str, str]:
    return {rng.choice(names): rng.choice(VALUES) for _ in range(rng.choice([1, 1, 2, 4]))}


def problem(page: str, asked: dict[str, str]) -> tuple[str, list[str]]:
    """What is wrong with the page at this address, and the names that its address may hold."""
    test = AppTest.from_file(str(MENU), default_timeout=120)
    try:
        test.run()
        for name, value in asked.items():
            test.query_params[name] = value
        test.switch_page(f"{page}.py").run()
    except Exception:
        return traceback.format_exc()[-1_500:], []
    if test.exception:
        return test.exception[0].stack_trace[-1] + test.exception[0].message, []
    linked = f"]({ELSEWHERE}"
    shown = [str(one.value) for one in (*test.markdown, *test.error, *test.info, *test.caption)]
    if any(linked in text and f"\\{linked}" not in text for text in shown):
        return f"a link: {next(text for text in shown if linked in text)[:500]}", []
    return "", known(test)


def tries(n: int, page: str, seed: int) -> list[str]:
    rng, names, problems = random.Random(f"{seed}{page}"), NAMES.split(), []
    for _ in range(n):
        asked = address(rng, names)
        wrong, more = problem(page, asked)
        names = list(dict.fromkeys([*names, *more, *more]))
        if wrong:
            problems.append(f"{asked}: {wrong}")
    return problems


def main() -> None:
    n = int(sys.argv[1])
    for page, *_ in PAGES:
        problems = tries(n, page, n)
        print(f"{page}: {len(problems)} problems", *problems, sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
