"""A person in front of a form that Enketo shows, in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree
from playwright.sync_api import Locator, Page

PATIENCE = 20_000
"""Milliseconds, on a machine that does much else."""

SET = """(input, value) => {
    input.value = value;
    input.dispatchEvent(new Event('change', { bubbles: true }));
}"""

FILES = """path => {
    const found = window.form.model.xml.evaluate(path, window.form.model.xml);
    const names = [];
    for (let each; (each = found.iterateNext()); ) names.push(each.textContent);
    return names;
}"""
SHOWS = """count => [...document.querySelectorAll('.file-preview img, canvas')].filter(
    each => each.tagName == 'IMG'
        ? each.naturalWidth > 0
        : each.getContext('2d').getImageData(0, 0, each.width, each.height)
              .data.some(part => part)
).length === count"""


@dataclass(frozen=True)
class Answer:
    """One answer of an entry, and where its question stands."""

    path: str
    repeat: str | None
    """The path of the repeat around it."""
    item: int
    """Which item of that repeat, from 0."""
    text: str


def answers_of(xml: bytes, repeats: set[str]) -> Iterator[Answer]:
    """Give the answers of an entry in their order."""
    root = etree.fromstring(xml)

    def below(
        node: etree._Element, path: str, repeat: str | None, item: int
    ) -> Iterator[Answer]:
        counted: dict[str, int] = {}
        for child in node:
            name = f"{path}/{etree.QName(child).localname}"
            if name in repeats:
                counted[name] = counted.get(name, -1) + 1
                yield from below(child, name, name, counted[name])
            elif len(child):
                yield from below(child, name, repeat, item)
            elif child.text:
                yield Answer(name, repeat, item, child.text)

    yield from below(root, "/data", None, 0)


@dataclass
class WebForm:
    """An open page with one form."""

    page: Page
    photo: Path
    """What is chosen wherever a photo is asked for."""
    complaints: list[str] = field(default_factory=list)
    """What the browser said of errors."""

    def open(self, url: str) -> None:
        """Open the page, and wait until the form is there."""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.clock.install()
        self.page.goto(url)
        self.wait_for("ready")

    def wait_for(self, *states: str) -> str:
        """Wait until the page has come to one of some states; give what it tells."""
        wanted = ", ".join(f"body[data-state={each}]" for each in (*states, "broken"))
        self.page.locator(wanted).wait_for(timeout=PATIENCE)
        told = self.page.locator("#told").inner_text()
        state = self.page.locator("body").get_attribute("data-state")
        assert state in states, (state, told, self.invalid())
        return told

    def repeats(self) -> set[str]:
        """Name the repeats of the form by path."""
        sections = self.page.locator(".or-repeat-info").all()
        return {str(each.get_attribute("data-name")) for each in sections}

    def fill(self, xml: bytes) -> list[str]:
        """Answer as an entry does, as far as the form asks; give what was asked."""
        return [
            answer.path
            for answer in answers_of(xml, self.repeats())
            if self.answer(answer)
        ]

    def answer(self, answer: Answer) -> bool:
        """Answer one question, unless the form does not ask it."""
        scope = self._scope(answer)
        named = f'[name="{answer.path}"]:not(.ignore), [data-name="{answer.path}"]'
        control = scope.locator(f".question :is({named})")
        if control.count() == 0 or control.first.locator(CLOSED).count():
            return False
        self._set(control, answer)
        return True

    def value(self, path: str) -> str:
        """Give what the form holds at a path."""
        held = self.page.evaluate(
            "path => window.form.model.node(path, 0).getVal()", path
        )
        return str(held)

    def instance_id(self) -> str:
        """Give the id of the entry that was sent."""
        return str(self.page.evaluate("window.result.instanceId"))

    def file_names(self) -> list[str]:
        """Give the names of the files that the form holds."""
        nodes = "//*[@type = 'file']"
        return [str(each) for each in self.page.evaluate(FILES, nodes)]

    def wait_for_pictures(self, count: int) -> None:
        """Wait until the page shows so many of the pictures that an entry has."""
        self.page.wait_for_function(SHOWS, arg=count, timeout=PATIENCE)

    def invalid(self) -> list[str]:
        """Name the questions that the form complains of."""
        bad = self.page.locator(".question:is(.invalid-required, .invalid-constraint)")
        return [each.inner_text() for each in bad.all()]

    def submit(self) -> str:
        """Send the entry; give what the page tells."""
        self.page.locator("#submit").click()
        return self.wait_for("sent", "refused", "invalid")

    def submit_and_leave(self, url: str) -> None:
        """Send a correction; the page then goes where it was told to."""
        self.page.locator("#submit").click()
        self.page.wait_for_url(url, timeout=PATIENCE)

    def _scope(self, answer: Answer) -> Locator:
        form = self.page.locator("form.or")
        if answer.repeat is None:
            return form
        items = form.locator(f'.or-repeat[name="{answer.repeat}"]')
        while items.count() <= answer.item:
            before = items.count()
            info = form.locator(f'.or-repeat-info[data-name="{answer.repeat}"]')
            info.locator(".add-repeat-btn").click()
            items.nth(before).wait_for(timeout=PATIENCE)
        return items.nth(answer.item)

    def _set(self, control: Locator, answer: Answer) -> None:
        first = control.first
        kind = first.get_attribute("type")
        if kind in {"radio", "checkbox"}:
            for value in answer.text.split():
                choice = control.locator(f'xpath=self::*[@value="{value}"]')
                choice.check(timeout=PATIENCE)
        elif kind == "file":
            self._wait_a_second()
            first.set_input_files(self.photo)
        elif first.get_attribute("data-drawing") == "true":
            self._wait_a_second()
            self._draw(first)
        elif kind == "date":
            shown = first.locator(f"xpath={QUESTION}").locator(".widget.date input")
            # Where only the month is asked, the widget takes only that.
            shown.fill(answer.text[: len(shown.get_attribute("placeholder") or "")])
            shown.press("Tab")
        elif first.get_attribute("list"):
            self._choose(first, answer.text)
        else:
            self._type(first, answer.text)

    def _type(self, control: Locator, text: str) -> None:
        if (control.get_attribute("data-type-xml") or "").startswith("geo"):
            self._locate(control, text)
        elif control.is_visible():
            control.fill(text)
            control.press("Tab")
        else:
            # A widget stands before it, and does just this; a time is hh:mm.
            is_time = control.get_attribute("type") == "time"
            control.evaluate(SET, text[:5] if is_time else text)

    def _wait_a_second(self) -> None:
        """Let a second pass: Enketo names files by it, and no person is faster."""
        self.page.clock.fast_forward(1000)

    def _choose(self, control: Locator, value: str) -> None:
        """Type the text of a choice where a long list is searched."""
        question = control.locator(f"xpath={QUESTION}")
        label = question.locator(f'datalist option[data-value="{value}"]')
        shown = question.locator("input.autocomplete")
        shown.fill(label.get_attribute("value") or "")
        shown.press("Tab")

    def _draw(self, control: Locator) -> None:
        canvas = control.locator(f"xpath={QUESTION}").locator("canvas").first
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + 20, box["y"] + 20)
        mouse.down()
        mouse.move(box["x"] + 120, box["y"] + 60, steps=5)
        mouse.move(box["x"] + 60, box["y"] + 90, steps=5)
        mouse.up()

    def _locate(self, control: Locator, place: str) -> None:
        widget = control.locator(f"xpath={QUESTION}").locator(".geopicker").first
        for name, number in zip(
            ("lat", "long", "alt", "acc"), place.split(), strict=True
        ):
            widget.locator(f'input[name="{name}"]').fill(number)
            widget.locator(f'input[name="{name}"]').press("Tab")


CLOSED = "xpath=ancestor-or-self::*[contains(concat(' ', @class, ' '), ' disabled ')]"
"""What is not asked, since it does not apply."""
QUESTION = "ancestor::*[contains(concat(' ', @class, ' '), ' question ')][1]"
