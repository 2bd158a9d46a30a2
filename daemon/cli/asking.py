"""Ask a person, or a script, for the keys of a connection. Secrets come without echo.

Everything goes to standard error, so that standard output holds results only.
"""

import getpass
import os
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import typer

from adapters.guide import Guide, Question
from daemon.use_cases.connecting import Secret
from daemon.use_cases.oneoff import Unusable


@dataclass(kw_only=True)
class Asking:
    """Finds the answer to each question: given, from the environment, or asked for."""

    given: Mapping[str, str]
    standing: Mapping[str, object]
    """Keys that the configuration has already; nobody is asked for those."""
    reads_stdin: bool
    """Secrets stand on standard input: one a line, or a single one as a whole."""
    is_interactive: bool
    _lines: list[str] | None = field(default=None, init=False, repr=False)

    def keys(self, guide: Guide) -> dict[str, object]:
        """Return the keys that are no secrets. Raises Unusable where one is missing."""
        secret = {one.setting for one in guide.questions if one.is_secret}
        for name in self.given.keys() & secret:
            raise Unusable(
                f"--set {name}=… would show a secret to everybody who lists processes. "
                "Leave it out: you are asked for it; scripts use --token-stdin."
            )
        found: dict[str, object] = dict(self.given)
        for question in guide.questions:
            if question.is_secret or question.setting in {*self.given, *self.standing}:
                continue
            answer = self._answer(question)
            if answer:
                found[question.setting] = answer
        return found

    def secrets(self, guide: Guide) -> dict[str, Secret]:
        """Return the secrets. Raises Unusable where one is missing."""
        wanted = [one for one in guide.questions if one.is_secret]
        found = {one.setting: self._secret(one, is_only=len(wanted) == 1) for one in wanted}
        return {name: Secret(text) for name, text in found.items() if text}

    def _answer(self, question: Question) -> str:
        told = os.environ.get(question.variable, "") if question.variable else ""
        default = told or question.default
        if self.is_interactive:
            wants = "" if question.is_optional and not default else None
            return str(typer.prompt(question.prompt, default=default or wants, err=True))
        if not default and not question.is_optional:
            variable = (
                f", or in the environment as {question.variable}" if question.variable else ""
            )
            raise Unusable(
                f"{question.prompt} is missing: give it with --set {question.setting}=…{variable}."
            )
        return default

    def _secret(self, question: Question, *, is_only: bool) -> str:
        told = os.environ.get(question.variable, "").strip() if question.variable else ""
        if self.reads_stdin:
            text = self._from_stdin(is_whole=is_only)
        elif self.is_interactive:
            enter = f" (Enter takes the one in {question.variable})" if told else ""
            text = _unseen(f"{question.prompt}{enter}: ") or told
        else:
            text = told
        if not text and not question.is_optional:
            variable = (
                f", or in the environment as {question.variable}" if question.variable else ""
            )
            raise Unusable(
                f"{question.prompt} is missing: give it on standard input with --token-stdin"
                f"{variable}; never as an argument."
            )
        return text

    def _from_stdin(self, *, is_whole: bool) -> str:
        if sys.stdin.isatty():
            raise Unusable(
                "--token-stdin would show what you type. Leave it out: you are asked without echo."
            )
        if self._lines is None:
            text = sys.stdin.read()
            self._lines = [text] if is_whole else text.splitlines()
        return self._lines.pop(0).strip() if self._lines else ""


def _unseen(prompt: str) -> str:
    """Read a line without echo. Raises Unusable where the terminal cannot do that."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt, stream=sys.stderr).strip()
        except getpass.GetPassWarning:
            raise Unusable(
                "This terminal would show what you type. Give the secret with --token-stdin."
            ) from None
