"""Click's own words in French: the help's headings and the usage errors."""

from __future__ import annotations

import click

from docgen.diagnostics import closest


class _French:
    """What commands and groups of commands share."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="Utilisation : ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = (p for p in self.get_params(ctx) if isinstance(p, click.Option))  # type: ignore[attr-defined]
        rows = [row for p in options if (row := p.get_help_record(ctx))]
        with formatter.section("Options\u00a0"):
            formatter.write_dl(rows)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option:
            option.help = "Affiche cette aide."
        return option  # type: ignore[no-any-return]


class Command(_French, click.Command):
    """A command whose help is in French."""


class Group(_French, click.Group):
    """A group of commands whose help is in French."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        rows = [(name, command.get_short_help_str(90)) for name, command in self.commands.items()]
        with formatter.section("Commandes\u00a0"):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are used."""
        return list(self.commands)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return how a command is called."""
        return ["COMMANDE", "[ARGUMENTS]…"]


def usage_error(error: click.UsageError) -> str:
    """Return what the user got wrong, in French."""
    command = error.ctx.command_path if error.ctx else "docgen"
    return f"{_what(error)}\nVoir « {command} --help »."


def _what(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        known = [opt for p in error.ctx.command.params for opt in p.opts] if error.ctx else []
        return f"l'option « {error.option_name} » n'existe pas. {closest(error.option_name, known)}".strip()
    if isinstance(error, click.MissingParameter):
        name = error.param.human_readable_name if error.param else ""
        return f"il manque « {name} »."
    if isinstance(error, click.BadOptionUsage):
        return f"l'option « {error.option_name} » attend une valeur."
    if isinstance(error, click.BadParameter) and error.param and isinstance(error.param.type, click.Choice):
        return f"l'option « {error.param.opts[0]} » attend {' ou '.join(error.param.type.choices)}."
    if isinstance(error, click.BadParameter) and error.param and isinstance(error.param.type, click.IntRange):
        asked = error.param
        named = (
            f"l'option « {asked.opts[0]} »" if isinstance(asked, click.Option) else f"« {asked.human_readable_name} »"
        )
        return f"{named} attend un nombre de {error.param.type.min} à {error.param.type.max}."
    message = str(error.format_message())
    if message.startswith("No such command") and error.ctx and isinstance(error.ctx.command, click.Group):
        name = message.split("'")[1]
        return f"la commande « {name} » n'existe pas. {closest(name, error.ctx.command.commands)}".strip()
    if "Missing command" in message:
        return "il manque la commande."
    if "unexpected extra argument" in message:
        return f"argument en trop : {message.split('(')[-1].rstrip(')')}"
    return message
