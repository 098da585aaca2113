"""The console script `nianbao`: finds the command and hands over.

Kept thin and free of heavy imports: `nianbao --help` must not pay for what a document needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

Command = Callable[[list[str]], int]

HELP = """\
nianbao (年报) reads every figure of a 政府信息公开工作年度报告, holds the figures against one another
and against the text, and says which of them a person has to look at.

Usage:
  nianbao extract FILE… [options]   read reports: PDF, scans, pictures, DOCX, HTML, TXT, or folders of them
  nianbao forms                     list the editions of the statutory form (表样) that are known
  nianbao forms show 2021           show one edition: its fields, row and column labels, sum rules
  nianbao forms check FILE          check a file that defines an edition
  nianbao years RESULT…             hold results of one organ on consecutive years against each other (跨年核对)
{external}
Options:
  -h, --help                        show this help; `nianbao COMMAND --help` shows a command's own options
  --version                         show the version

Examples:
  nianbao extract report.pdf                        the whole report on the terminal, doubtful cells marked
  nianbao extract report.pdf --format json > report.json
  nianbao extract folder --out results --format csv one result file a report, with a progress bar
  nianbao extract --one 1.jpg 2.jpg 3.jpg           several photos that are one report

Exit status: 0 every document was read, doubtful fields or not; 1 at least one document failed;
2 the call's words are off; 130 interrupted
"""
# Commands above the extractor: found by entry point (group nianbao.commands), named here so that --help
# needs no look at what is installed.
EXTERNAL = {
    "serve": "run the whole service on this machine: pages, API, queue and store",
    "batch": "use a running service from a script: submit, status, export, cancel",
    "doctor": "check what is installed and running, and say what to do",
    "backup": "write the service's database and originals into one file",
    "restore": "lay a backup into an empty data folder",
    "audit": "verify or export the trail of changes (操作记录)",
    "calibrate": "refit the confidence curves on what reviewers settled; changes nothing until told",
}
GROUP = "nianbao.commands"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0, 1, 2 or 130)."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = words[0] if words else ""
    if name in ("-h", "--help"):
        listed = "".join(f"  nianbao {n + ' …':<26}{text}\n" for n, text in EXTERNAL.items())
        sys.stdout.write(HELP.format(external=listed))
        return 0
    if name == "--version":
        sys.stdout.write(f"nianbao {_version()}\n")
        return 0
    if not name or name.startswith("-"):
        return _misused(f"没有名为 {name} 的选项" if name else "没有写命令")
    command = _own(name) or _external(name)
    if command is None:
        missing = f"命令 {name} 没有安装" if name in EXTERNAL else f"没有名为 {name} 的命令"
        return _misused(missing)
    try:
        return command(words[1:])
    except KeyboardInterrupt:
        sys.stderr.write("已中断。 [interrupted]\n")
        return 130
    except SystemExit as stop:  # argparse: 0 after --help, 2 for wrong words
        return stop.code if isinstance(stop.code, int) else 1


def _own(name: str) -> Command | None:
    if name == "extract":
        from extractor.commands.extract import command

        return command
    if name == "forms":
        from extractor.commands.forms import command as forms

        return forms
    if name == "years":
        from extractor.commands.years import command as years

        return years
    return None


def _external(name: str) -> Command | None:
    """A command that another package of the product (or of the house) registers."""
    from importlib.metadata import entry_points

    for point in entry_points(group=GROUP, name=name):
        loaded: Command = point.load()
        return loaded
    return None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("nianbao")
    except PackageNotFoundError:  # run from a checkout that nobody installed
        return "(a checkout, not installed)"


def _misused(what: str) -> int:
    sys.stderr.write(f"nianbao: {what}。请运行 nianbao --help 查看用法。 [usage]\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
