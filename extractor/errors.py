"""Typed errors.  Each says what is wrong and what the person who sent the document can do.

`code` is stable and documented (docs/errors.md); `message` and `remedy` are for people, Chinese first.
"""

from __future__ import annotations

from extractor.types import Failure


class NianbaoError(Exception):
    """Base of every error that this product raises on purpose."""

    code = "internal"
    message = "程序内部错误。"
    remedy = "请把文件和日志交给维护人员。"

    def __init__(self, detail: str = "", *, message: str | None = None, remedy: str | None = None) -> None:
        self.detail = detail
        self.message = message or type(self).message
        self.remedy = remedy or type(self).remedy
        super().__init__(f"{self.code}: {self.message}{f' ({detail})' if detail else ''}")

    def failure(self) -> Failure:
        """The same as a record of the report."""
        text = f"{self.message}（{self.detail}）" if self.detail else self.message
        return Failure(self.code, text, self.remedy)


class DocumentError(NianbaoError):
    """The document's fault: recorded in its result, never retried."""


class EmptyFile(DocumentError):
    code = "empty_file"
    message = "文件是空的（0 字节）。"
    remedy = "请重新导出或重新上传该文件。"


class UnknownKind(DocumentError):
    code = "unknown_kind"
    message = "无法识别的文件类型。"
    remedy = "请提供 PDF、图片（PNG/JPEG/TIFF/WebP）、DOCX、HTML 或 TXT 文件。"


class Damaged(DocumentError):
    code = "damaged"
    message = "文件已损坏或被截断，无法打开。"
    remedy = "请重新下载或重新导出；能用阅读器打开时，可“打印为 PDF”后再试。"


class PasswordNeeded(DocumentError):
    code = "password_needed"
    message = "PDF 需要打开密码。"
    remedy = "请用 --password 提供密码，或上传去除密码的文件。"


class WrongPassword(DocumentError):
    code = "wrong_password"
    message = "PDF 打开密码不正确。"
    remedy = "请核对密码后重试。"


class NotAReport(DocumentError):
    code = "not_a_report"
    message = "没有找到政府信息公开工作年度报告的法定表格。"
    remedy = "请确认上传的是年度报告全文（含三张表格），而不是通知、图解或附件。"


class OldReport(DocumentError):
    code = "old_form"
    message = "这是 2019 年以前的旧格式报告，没有现行法定表格。"
    remedy = "本系统只处理 2019 年度及以后的报告（国办公开办函〔2019〕60号、〔2021〕30号格式）。"


class TooLarge(DocumentError):
    code = "too_large"
    message = "文件超出大小、页数或像素上限。"
    remedy = "请拆分文件或降低扫描分辨率后重试；上限可由管理员调整。"


class Bomb(DocumentError):
    code = "bomb"
    message = "压缩内容异常膨胀，已停止读取。"
    remedy = "该文件可能有害；请用办公软件重新另存后再上传。"


class ForbiddenContent(DocumentError):
    code = "forbidden_content"
    message = "文件含有不允许的内容（外部实体等）。"
    remedy = "请用办公软件重新另存后再上传。"


class Unreadable(DocumentError):
    code = "unreadable"
    message = "页面上没有能读出的文字或表格。"
    remedy = "请检查扫描是否空白、过暗或过于模糊，并重新扫描（建议 200–300 dpi）。"


class TooSlow(DocumentError):
    code = "too_slow"
    message = "读取该文件超过时间上限。"
    remedy = "请用阅读器“打印为 PDF”后重试，或由管理员调高时间上限。"


class TooMuchMemory(DocumentError):
    code = "too_much_memory"
    message = "读取该文件超过内存上限。"
    remedy = "请拆分文件或降低扫描分辨率后重试。"


class Crashed(DocumentError):
    code = "crashed"
    message = "读取该文件时解析程序异常退出。"
    remedy = "该文件可能已损坏；请用阅读器“打印为 PDF”后重试。"


class FormError(NianbaoError):
    """A form file under models/forms is not what its schema asks for."""

    code = "bad_form"
    message = "表样定义文件有误。"
    remedy = "请按 models/forms/schema.json 修正该文件。"


class UsageError(NianbaoError):
    """The call's words are off: exit status 2 on the command line."""

    code = "usage"
    message = "参数有误。"
    remedy = "请运行 nianbao --help 查看用法。"
