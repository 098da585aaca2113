"""The codes that say why a field is to be looked at, with the words people read."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "missing_row": "文中没有这一行或这一列",
    "illegible": "格内有字迹，但读不出数字",
    "low_confidence": "综合把握不足",
    "identity_fails": "所在的勾稽关系不成立",
    "suggested": "勾稽关系提示另一个数字",
    "placed_by_order": "行或列的标题缺失，按顺序定位",
    "weak_label": "行标题与法定表述差异较大",
    "weak_header": "列标题与法定表述差异较大",
    "rows_unaccounted": "表中有未能对应的行",
    "row_unruled": "没有表格线，该行似乎没有印出",
    "columns_unaccounted": "该行有未能对应的列",
    "table_end_missing": "表格首尾的行缺失，可能未完整",
    "figures_unaccounted": "附近有未能归入任何一行的数字",
    "off_page": "单元格超出页面边缘，内容可能被截去",
    "weak_table": "表格与法定表样差异很大",
    "edition_unsure": "难以判断该表属于哪一版表样",
    "table_missing": "文中没有找到这张表",
    "torn_number": "数字中间有空格",
    "double_sign": "正负号重复",
    "odd_grouping": "千位分隔符位置异常",
    "not_whole": "件数不是整数",
    "negative": "数字为负",
    "not_a_number": "格内文字不是数字",
    "over_edge": "字符越出单元格边线",
    "row_cut_by_page": "该行被分页切断",
    "chosen_by_sums": "两次识别不同，取使勾稽关系成立的一个",
    "readings_differ": "两次独立识别结果不同",
    "ink_unread": "格内有墨迹但未识别出字符",
    "faint_ink": "墨迹太淡，难以判断是否空白",
    "ink_covered": "污迹或印章挨着数字，可能遮住一部分",
    "low_score": "识别得分低",
    "weak_structure": "表格结构不完整，且没有勾稽关系佐证",
    "sign_unsure": "增减数的正负号可能没有看清",
    "odd_blank": "同列其他空值写法不同，可能有未看清的符号",
    "blank_unruled": "没有表格线，空白处未必是空格",
    "borderless": "表格无框线，按位置归列",
    "under_stamp": "印章压在格上",
    "wrapped": "格内数字分成几行",
    "shared_cell": "多个数字落在同一合并格内",
    "tables_unread": "表格的行列标题无法辨认，数字请人工录入",
    "table_pasted_as_picture": "表格是粘贴的图片，按图像识别",
    "text_layer_distrusted": "文字层与页面图像不符，已改按图像识别",
}


def describe(code: str) -> str:
    """The words for a code; the code itself where it has none."""
    return REASONS.get(code, code)
