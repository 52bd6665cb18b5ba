"""A wheel holds the app beside the package: what lies at the top of the checkout goes into
`wganad_core/_app/`. Everything else is said in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
APP = ("app.py", "pages", "pretrained", ".streamlit")


class WithApp(build_py):
    """Python files, then the app."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # which runs from the checkout
            return
        home = Path(self.build_lib) / "wganad_core" / "_app"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for name in APP:
            source = HERE / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, home / name, ignore=ignored)
            else:
                shutil.copy2(source, home / name)


setup(cmdclass={"build_py": WithApp})
