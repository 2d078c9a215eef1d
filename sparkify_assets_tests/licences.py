"""The licences of what is locked, as docs/licences.md lists them. `make licences` writes that page.

python -m sparkify_assets_tests.licences >docs/licences.md
"""

import re
from importlib.metadata import metadata

from sparkify_assets_tests.locks import locked

# What is locked for another system than Linux, and installed only there: the licences that their authors name.
_ELSEWHERE = {
    "appnope": "BSD License",
    "colorama": "BSD License",
    "pyreadline3": "BSD License",
    "pywin32": "Python Software Foundation License",
}
# What packages do not state where others do, but in a file of theirs.
_IN_A_FILE = {"axe-playwright-python": "MIT, and MPL-2.0 for axe-core in it"}
# These ask for no more than that the licence is passed on.
_PERMISSIVE = re.compile(r"MIT|MIT-0|MIT License|.*BSD.*|Apache.*|PSF.*|Python Software Foundation License")
# The others, and what they ask for.
OTHERS = {
    "axe-playwright-python": "As certifi. It is used in tests only.",
    "certifi": "Changes to its files are published under the same licence. It is used as it is.",
    "hypothesis": "As certifi. It is used in tests only.",
    "numpy": "BSD. Parts are in the public domain, or under licences as short (0BSD, MIT, Zlib).",
    "pathspec": "As certifi. It is used by mypy only.",
    "pexpect": "As MIT, in other words.",
    "psycopg2-binary": "Whoever passes it on lets others replace it. It is a package of its own, used as it is.",
    "ptyprocess": "As MIT, in other words.",
    "regex": "Apache. Parts are Python's, under the licence of its early versions.",
    "tqdm": "As certifi.",
}
_HEAD = """# Licences

For whoever passes the platform on, or has to approve it: the licences of all packages that are installed with it. The
platform itself is under the [MIT licence](../LICENSE). `make licences` writes this page from what the packages state
themselves; a package may contain libraries with other licences, which lie in its folder in `.venv`.
"""


def page() -> str:
    """Return docs/licences.md as it should be."""
    run, dev = ({name: version for name, (version, _) in locked(lock).items()} for lock in ("deploy", "dev"))
    licences = {name: licence_of(name) for name in dev}
    return "\n".join(
        [
            _HEAD,
            "## Other than MIT, BSD, Apache and Python's\n",
            *_table(
                ("package", "licence", "what it asks for"), [(name, licences[name], OTHERS[name]) for name in OTHERS]
            ),
            "\n## To run the platform\n",
            *_table(("package", "version", "licence"), [(name, run[name], licences[name]) for name in run]),
            "\n## To develop it, also\n",
            *_table(
                ("package", "version", "licence"),
                [(name, dev[name], licences[name]) for name in dev if name not in run],
            ),
            "",
        ]
    )


def licence_of(package: str) -> str:
    """Return the licence that a package states: as an expression, by its classifiers, or in words."""
    if package in _ELSEWHERE:
        return _ELSEWHERE[package]
    if package in _IN_A_FILE:
        return _IN_A_FILE[package]
    stated = metadata(package)
    if "License-Expression" in stated:
        return stated["License-Expression"]
    classifiers = [
        str(text).split(" :: ")[-1] for text in stated.get_all("Classifier", ()) if "License ::" in str(text)
    ]
    if found := [text for text in classifiers if text != "OSI Approved"]:
        return " or ".join(found)
    return stated["License"].partition("\n")[0]


def is_permissive(licence: str) -> bool:
    """Return whether all parts of a licence are permissive; of alternatives one is enough."""
    return any(
        all(_PERMISSIVE.fullmatch(part.strip()) for part in choice.split(" AND "))
        for choice in re.split(r" or | OR ", licence)
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


if __name__ == "__main__":
    print(page(), end="")
