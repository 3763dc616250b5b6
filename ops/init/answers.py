"""The answers to all questions: options first, then what is asked, then what is found or planned."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fleet.bounded import AskingError
from fleet.command_line import CommandError
from ops.init import found
from ops.init.environment_files import EnvironmentFiles
from ops.init.questions import (
    ASKED,
    NOBODY,
    OPERATORS,
    PROPOSED,
    SSH_KEY,
    Question,
    by_digest,
    changes,
    parts,
    planned_vlan,
    present,
    server_in,
)

# For what is not answered yet, so that an answer is judged by itself. ".internal" is nobody's in the DNS.
_STAND_INS = {
    "domain": "meeting.stand-in.internal",
    "mail": "nobody@stand-in.internal",
    "image": f"stand-in.internal/meeting@sha256:{'1' * 64}",
}


@dataclass(frozen=True)
class Answers:
    """What is to be answered.

    Attributes:
        files: as they are.
        options: answers of the command line, by name.
        ask: puts a question to a person; None: nobody is there.
        home: the operator's, where SSH keys are.
    """

    files: EnvironmentFiles
    options: dict[str, str]
    ask: Callable[[str], str] | None
    home: Path

    def complete(self) -> dict[str, str]:
        """All answers that change something, by name.

        Raises:
            CommandError: an option is refused, or something has no answer and nobody is there to give it.
        """
        known = present(self.files)
        first = "domain" not in known
        answers = dict(self.options)
        if "image" in answers:
            answers |= self._image(answers["image"])
        if "ssh-key" not in known | answers and (key := found.ssh_key(self.home)):
            answers["ssh-key"] = str(key)
        if lines := self._refused(answers):
            raise CommandError("\n".join([*lines, "nothing is written"]))
        self._ask_or_propose(answers, known, first=first)
        if first and "vlan" not in answers:
            answers["vlan"] = planned_vlan(answers["domain"])
        if self.ask and not {*PROPOSED} <= self.options.keys():
            answers |= self._changed(known, answers)
        if "ssh-key" not in self.options and (known | answers).get(OPERATORS.name, NOBODY) == NOBODY:
            answers.pop("ssh-key", None)
        return answers

    def _ask_or_propose(self, answers: dict[str, str], known: dict[str, str], *, first: bool) -> None:
        """Add what no option answers: a person's word, or where nobody is there what is proposed."""
        lacking = []
        for question in self._questions(answers, known):
            proposal = known.get(question.name) or (self._proposal(question) if first else None)
            if self.ask:
                answers |= self._asked(question, proposal, answers)
            elif first and proposal:
                answers[question.name] = proposal
            elif question.name not in (*known, OPERATORS.name, SSH_KEY.name):
                lacking.append(f"--{question.name} is needed: {question.text.lower()}; {question.allowed}")
        if lacking:
            raise CommandError("\n".join([*lacking, "nothing is written"]))

    def _questions(self, answers: dict[str, str], known: dict[str, str]) -> Iterator[Question]:
        """Those that no option answers; for a key only where none is found."""
        for question in ASKED:
            found_already = question is SSH_KEY and "ssh-key" in known | answers
            if question.name not in self.options and not found_already:
                yield question

    def _proposal(self, question: Question) -> str | None:
        if question is not OPERATORS:
            return None
        address = found.public_address()
        return f"{address}/32" if address else None if self.ask else NOBODY

    def _asked(self, question: Question, proposal: str | None, answers: dict[str, str]) -> dict[str, str]:
        """Ask until the settings take it; Enter takes what is proposed."""
        while True:
            default = f" [{proposal}]" if proposal else ""
            word = self._said(f"{question.text} ({question.allowed}){default}: ") or proposal or ""
            if not word and question is SSH_KEY:
                return {}
            try:
                given = self._image(word) if question.name == "image" else {question.name: word}
            except CommandError as error:
                print(error)
                continue
            lines = self._refused(answers | given)
            if not lines:
                return given
            print("\n".join(lines))

    def _changed(self, known: dict[str, str], answers: dict[str, str]) -> dict[str, str]:
        """Show what nobody had to be asked for; what a person wants otherwise."""
        taken = known | answers
        shown = " ".join(f"{name}={taken[name]}" for name in PROPOSED if name in taken and " " not in taken[name])
        other: dict[str, str] = {}
        while True:
            words = parts(self._said(f"The rest: {shown}\nEnter takes it, or say what is to be other, as name=value: "))
            pairs = [word.partition("=") for word in words]
            unknown = [name for name, _, value in pairs if name not in PROPOSED or not value]
            lines = [f"{name}: must be one of {', '.join(PROPOSED)}, with its value: vlan=1702" for name in unknown]
            other = {name: value for name, _, value in pairs}
            lines = lines or self._refused(answers | other)
            if not lines:
                return other
            print("\n".join(lines))

    def _image(self, word: str) -> dict[str, str]:
        """An image with its digest, and which server is in it, where that is said."""
        image, *more = word.split() or [""]
        try:
            answers = {"image": by_digest(image)}
        except AskingError as error:
            raise CommandError(f"image = {image!r}: {error}; name it by its digest: registry/name@sha256:...") from None
        server = self.options.get("server") or next(iter(more), None) or server_in(image)
        return answers | ({"server": server} if server else {})

    def _refused(self, answers: dict[str, str]) -> list[str]:
        """What the settings say to these answers, and to nothing else."""
        stand_ins = {name: word for name, word in _STAND_INS.items() if name not in present(self.files)}
        if "operators" not in answers | present(self.files):
            stand_ins["operators"] = NOBODY
        return self.files.changed(changes(stand_ins | answers, self.files)).refusals()

    def _said(self, prompt: str) -> str:
        assert self.ask is not None  # noqa: S101 - only asked where somebody is there
        try:
            return self.ask(prompt).strip()
        except EOFError:
            raise CommandError("no answer: nothing is written") from None
