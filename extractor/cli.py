"""The console script `nianbao`: finds the command and hands over.

Kept thin and free of heavy imports: `nianbao --help` must not pay for what a document needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

Command = Callable[[list[str]], int]

HELP = """\
nianbao：从政府信息公开工作年度报告中读出法定表格的全部数据，逐项核对，并指出哪些需要人工复核。

用法：
  nianbao extract 文件… [选项]      读取报告（PDF、扫描件、图片、DOCX、HTML、TXT，或含有它们的文件夹）
  nianbao forms                     列出已知的表样版本
  nianbao forms show 2021           显示一个版本的数据项、行列名称和勾稽规则
  nianbao forms check 文件          检查一个表样定义文件
{external}
选项：
  -h, --help                        显示本帮助；“nianbao 命令 --help”显示该命令的全部选项
  --version                         显示版本

常用：
  nianbao extract 报告.pdf                          在终端上显示整份报告，存疑处有标记
  nianbao extract 报告.pdf --format json > 报告.json
  nianbao extract 文件夹 --out 结果 --format csv    每份报告一个结果文件，带进度条
  nianbao extract --one 1.jpg 2.jpg 3.jpg           多张照片合为一份报告

退出码：0 全部读出（含有存疑数据也算） · 1 至少一份文件失败 · 2 命令写错 · 130 被中断
"""
# Commands above the extractor: found by entry point (group nianbao.commands), named here so that --help
# needs no look at what is installed.
EXTERNAL = {
    "serve": "在本机运行整套服务：网页、接口、队列和存储",
    "batch": "把文件交给运行中的服务：submit、status、export",
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
        sys.stderr.write("已中断。\n")
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
        return "（未安装，源码目录）"


def _misused(what: str) -> int:
    sys.stderr.write(f"nianbao: {what}。请运行 nianbao --help 查看用法。\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
