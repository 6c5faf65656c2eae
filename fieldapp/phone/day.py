"""A phone's whole day against a server: list, download, fill in, send, send again."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fieldapp.phone.documents import ListedForm
from fieldapp.phone.downloading import DownloadedForm, Downloads
from fieldapp.phone.faults import Faults
from fieldapp.phone.filling import CannotFillError, Filled, Filler, Rule, Wishes
from fieldapp.phone.sending import Sender

RESENT_EVERY = 3


@dataclass(frozen=True)
class Plan:
    """What a phone does in a day."""

    forms: tuple[str, ...] = ()
    """Only these; all where left out."""
    entries: int = 1
    """For each form."""
    broken: Rule | None = None
    wishes: Wishes = field(default_factory=Wishes)
    is_sending: bool = True


@dataclass(frozen=True)
class Day:
    """What came of it."""

    listed: int
    downloaded: int
    made: int
    sent: int
    resent: int


@dataclass
class SimulatedPhone:
    """Plays the day; what is wrong on the way stands in the faults."""

    downloads: Downloads
    sender: Sender
    faults: Faults
    chance: random.Random
    tell_made: Callable[[Filled], None] = lambda _: None

    def play(self, plan: Plan, now: datetime) -> Day:
        """Do all of it, one request after the other."""
        listed = self.downloads.list_forms()
        wanted = self._wanted(listed, plan.forms)
        downloaded = [
            form for each in wanted if (form := self.downloads.download(each))
        ]
        made = [entry for form in downloaded for entry in self._fill(form, plan, now)]
        for entry in made:
            self.tell_made(entry)
        sent = [entry for entry in made if plan.is_sending and self.sender.send(entry)]
        again = sent[::RESENT_EVERY]
        resent = sum(self.sender.send(entry, is_again=True) for entry in again)
        if listed:
            self.downloads.check_again(listed)
        return Day(len(listed), len(downloaded), len(made), len(sent), resent)

    def _wanted(
        self, listed: Sequence[ListedForm], names: tuple[str, ...]
    ) -> list[ListedForm]:
        for name in names:
            if listed and name not in {form.form_id for form in listed}:
                self.faults.add("not-listed", f"formList: {name}")
        return [form for form in listed if not names or form.form_id in names]

    def _fill(self, form: DownloadedForm, plan: Plan, now: datetime) -> list[Filled]:
        if form.definition.is_encrypted:
            self.faults.add("encrypted", form.listed.form_id)
            return []
        filler = Filler(form.definition, self.chance, plan.wishes)
        try:
            return [
                filler.fill_wrongly(now, plan.broken)
                if plan.broken
                else filler.fill(now)
                for _ in range(plan.entries)
            ]
        except CannotFillError as error:
            self.faults.add("cannot-fill", form.listed.form_id, reason=error)
            return []
