"""Words for the codes that lists and filters show: rules of findings, tables, what a token may do."""

from __future__ import annotations

RULES = {
    "row_total": "行内合计", "results_total": "办理结果合计", "balance": "收办平衡", "remedies_total": "复议诉讼合计",
    "mixed_editions": "混用两版表样", "unit_differs": "单位与表样不同", "narrative_proactive": "文字与表2不符",
    "narrative_applications": "文字与表3不符", "narrative_remedies": "文字与表4不符", "narrative_fee": "收费文字与表2不符",
    "none_contradicted": "文字称无而表中有", "organ_conflict": "机关名称不一", "year_conflict": "年度不一",
    "period_conflict": "统计期限不符", "section_missing": "缺少章节", "section_order": "章节顺序不符",
    "section_empty": "章节无内容", "source_wrong": "核对人认定原文有误",
}  # fmt: skip
TABLES = {"proactive": "表2 主动公开", "applications": "表3 依申请公开", "remedies": "表4 复议诉讼"}
SCOPES = {"admin": "管理", "export": "导出", "read": "查看", "review": "核对", "upload": "上传"}
