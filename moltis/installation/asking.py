"""Asks a person in the terminal; a script is told which flag it lacks."""

from collections.abc import Sequence
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks where *somebody* is there to answer."""

    somebody: bool

    def text(self, question: str, flag: str, *, default: str = "", secret: bool = False) -> str:
        """Ask for a line; a *secret* is not echoed.

        Raises:
            UsageError: nobody is there to answer, and the *flag* was not given.
        """
        if not self.somebody:
            if default:
                return default
            message = f"give {flag} too: nobody is here to be asked"
            raise click.UsageError(message)
        answer: str = click.prompt(
            question, default=default, hide_input=secret, show_default=bool(default), err=True
        )
        return answer.strip()

    def choice(self, question: str, flag: str, options: Sequence[str], default: str) -> str:
        """Ask for one of *options*; where nobody is there, the *default* has to do."""
        if not self.somebody:
            if default:
                return default
            message = f"give {flag} too, one of {', '.join(options)}"
            raise click.UsageError(message)
        answer: str = click.prompt(
            question, type=click.Choice(options), default=default or None, err=True
        )
        return answer

    def agrees(self, question: str, *, default: bool = False) -> bool:
        """Ask for a yes; where nobody is there, it is a no."""
        return self.somebody and click.confirm(question, default=default, err=True)
