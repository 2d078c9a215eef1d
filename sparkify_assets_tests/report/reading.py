"""A page as a browser parses it: elements with their attributes and text. Every tag must be closed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "input", "br", "img", "link"}


@dataclass
class Element:
    """An element of a page, with its text and its parents."""

    tag: str
    attributes: dict[str, str | None]
    parents: tuple["Element", ...] = ()
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def __getitem__(self, attribute: str) -> str:
        return self.attributes.get(attribute) or ""


class Page(HTMLParser):
    """The elements of a page, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {[element.tag for element in self._open]}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attributes), tuple(self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    def all(self, tag: str, **attributes: str) -> Iterator[Element]:
        for element in self.elements:
            if element.tag == tag and all(element[name] == value for name, value in attributes.items()):
                yield element

    def one(self, tag: str, **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found

    def within(self, element: Element, tag: str) -> list[Element]:
        return [each for each in self.all(tag) if any(parent is element for parent in each.parents)]


def loaded_from_elsewhere(page: Page) -> list[str]:
    """Return what a page would make a browser fetch or follow outside itself."""
    found = [f"{e.tag} {name}={e[name]}" for e in page.elements for name in e.attributes if name in ("src", "srcset")]
    found += [f"{e.tag} {e[name]}" for e in page.elements for name in ("href", "action") if not _is_inside(e, name)]
    found += [f"link {element.attributes}" for element in page.all("link")]
    styles = [element.text for element in page.all("style")] + [element["style"] for element in page.elements]
    return found + [style for style in styles if "@import" in style or "url(" in style]


def _is_inside(element: Element, name: str) -> bool:
    return element[name].startswith("#") or name not in element.attributes
