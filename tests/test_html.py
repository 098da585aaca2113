"""Web pages: what shows, where cells stand, which encoding."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import TooLarge, Unreadable
from extractor.inputs.html import read
from extractor.inputs.markup import ABSENT, RawCell, RawLine, RawTable, grid
from extractor.settings import Limits, Options
from extractor.types import Block, Document, Grid, Line


def document(page: str | bytes, limits: Limits | None = None) -> Document:
    data = page.encode() if isinstance(page, str) else page
    return read(data, Options(), limits or Limits())


def blocks(page: str | bytes) -> tuple[Block, ...]:
    return document(page).blocks


def texts(page: str | bytes) -> list[str]:
    return [b.text for b in blocks(page) if isinstance(b, Line)]


def the_grid(page: str | bytes) -> Grid:
    (found,) = (b for b in blocks(page) if isinstance(b, Grid))
    return found


def placed(found: Grid) -> dict[str, tuple[int, int, int, int]]:
    return {c.text: (c.row, c.col, c.row_span, c.col_span) for c in found.cells if c.text}


def covered_once(found: Grid) -> bool:
    seen = [
        (r, c)
        for cell in found.cells
        for r in range(cell.row, cell.row + cell.row_span)
        for c in range(cell.col, cell.col + cell.col_span)
    ]
    return sorted(seen) == [(r, c) for r in range(found.n_rows) for c in range(found.n_cols)]


def test_spans_are_placed_as_a_browser_places_them():
    found = the_grid(
        "<table><tr><td rowspan=2>头<td colspan=2>组<td rowspan=2>计</tr><tr><td>甲<td>乙</tr>"
        "<tr><td>行<td>1<td>2<td>3</table>"
    )
    assert placed(found) == {
        "头": (0, 0, 2, 1), "组": (0, 1, 1, 2), "计": (0, 3, 2, 1), "甲": (1, 1, 1, 1), "乙": (1, 2, 1, 1),
        "行": (2, 0, 1, 1), "1": (2, 1, 1, 1), "2": (2, 2, 1, 1), "3": (2, 3, 1, 1),
    }  # fmt: skip
    assert (found.n_rows, found.n_cols, found.origin, found.rivals) == (3, 4, "markup", ())


def test_text_is_laid_out_as_shown():
    page = (
        "<p>第二十条\n  第（一）项&nbsp;&nbsp;12 \n 件</p><div>一<br>二<span>三</span><b>四</b></div>"
        "<pre>五\n六</pre>七<p></p>\u200b八\u00ad九"
    )
    assert texts(page) == ["第二十条第（一）项  12 件", "一", "二三四", "五", "六", "七", "八九"]


def test_a_cell_of_many_spans_is_one_text_and_breaks_are_line_feeds():
    found = the_grid(
        "<table><tr><td><p><span>商</span><span>业</span></p><p>企业</p><td>a<br>b</tr>"
        "<tr><td><p class=MsoNormal><span lang=EN-US>1</span><span>2<o:p></o:p></span></p><td>&nbsp;</table>"
    )
    assert [c.text for c in found.cells] == ["商业\n企业", "a\nb", "12", ""]
    assert not any(c.doubts for c in found.cells)


def test_headings_and_meta():
    found = document(
        "<title>标题_云溪县门户</title><meta name=ArticleTitle content='云溪县年报'>"
        "<meta name=Author content=某科>"
        "<meta name='ContentSource' content='云溪县水务局'><h1>云溪县<br>2021年报告</h1>"
        "<div>发布时间：2022-01-05 来源：云溪县水务局</div><p>文</p>"
    )
    assert [(b.text, b.heading) for b in found.blocks if isinstance(b, Line)][:3] == [
        ("云溪县", True), ("2021年报告", True), ("发布时间：2022-01-05 来源：云溪县水务局", False),
    ]  # fmt: skip
    assert found.meta["html_title"] == "标题_云溪县门户" and found.meta["title"] == "云溪县年报"
    assert found.meta["author"] == "某科" and found.meta["source"] == "云溪县水务局"
    assert found.meta["h1"] == "云溪县2021年报告" and "来源" in found.meta["source_line"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='DISPLAY : None'>藏</p>", "<p hidden>藏</p>", "<p style='visibility:hidden'>藏</p>",
        "<script>藏</script>", "<template><p>藏</p></template>", "<!-- 藏 -->", "<noscript>藏</noscript>",
        "<style>.x, #y{display:none}</style><p class='a x'>藏</p><p id=y>藏</p>",
        "<p style='mso-hide:all'>藏</p>", "<input type=hidden value=藏>",
        "<!--[if gte mso 9]><p>藏</p><![endif]-->",
        "<style>@media screen{.z{display:none}}</style><i class=z>藏</i>",
        "<iframe>藏</iframe>", "<svg><text>藏</text></svg>",
    ],
)  # fmt: skip
def test_what_a_browser_hides_is_not_read(hidden):
    assert texts(f"<body><p>前</p>{hidden}<p>后</p></body>") == ["前", "后"]


@pytest.mark.parametrize(
    "shown",
    [
        "<style>.x{display:none} .x.on{display:block}</style><p class='x on'>显</p>",
        "<style>@media print{.x{display:none}}</style><p class=x>显</p>",
        "<style>.a .x{display:none}</style><p class=x>显</p>",
        "<style>.x{display:none}</style><p class=x style='display:block'>显</p>",
        "<![if !supportLists]>显<![endif]>", "<input value=显>", "<font color=red>显</font>",
    ],
)  # fmt: skip
def test_what_a_browser_shows_is_read(shown):
    assert texts(f"<body><p>前</p>{shown}<p>后</p></body>") == ["前", "显", "后"]


def test_a_cell_that_is_gone_moves_its_row_and_an_unseen_one_keeps_its_place():
    found = the_grid(
        "<table><tr><td>甲<td>乙<tr><td style='display:none'>9<td>1<td>2"
        "<tr style='display:none'><td>8<td>8<tr><td style='visibility:hidden'>7<td>3</table>"
    )
    assert [(c.row, c.col, c.text) for c in found.cells] == [
        (0, 0, "甲"), (0, 1, "乙"), (1, 0, "1"), (1, 1, "2"), (2, 0, ""), (2, 1, "3"),
    ]  # fmt: skip


def test_the_frame_of_a_site_is_left_out_but_never_a_table():
    page = (
        "<ul class='nav'><li>首页</li></ul><nav>栏目</nav><div class='crumb'>当前位置</div><p>正文</p>"
        "<div id=footer>主办单位：某办公室</div><footer><table><tr><td>1<td>2<tr><td>3<td>4</table></footer>"
    )
    assert texts(page) == ["正文"]
    assert len(the_grid(page).cells) == 4


def test_layout_tables_are_content_and_data_tables_stay():
    data = "<table><tr><td>项目<td>件数<tr><td>规章<td>0</table>"
    page = (
        f"<table><tr><td width=9><td><table><tr><td><p>一、情况</p>{data}<p>二、其他</p></table><td></table>"
    )
    kinds = [b.text if isinstance(b, Line) else "grid" for b in blocks(page)]
    assert kinds == ["一、情况", "grid", "二、其他"]


def test_a_small_table_inside_a_data_cell_is_its_text():
    row = "<tr><td>规章<td>0<td>1"
    page = f"<table>{row * 4}<tr><td>许可<td><table><tr><td>7</table><td>8</table>"
    found = the_grid(page)
    assert placed(found)["7"] == (4, 1, 1, 1) and found.n_rows == 5


def test_head_body_and_foot_come_in_the_order_shown():
    found = the_grid(
        "<table><tfoot><tr><td>计<td>3</tfoot><tbody><tr><td>甲<td>1</tbody><thead><tr><th>项<th>数</thead></table>"
    )
    assert [c.text for c in found.cells] == ["项", "数", "甲", "1", "计", "3"]


def test_odd_spans():
    found = the_grid("<table><tr><td colspan=0 rowspan=0>甲<td colspan=99999>乙<tr><td>1<td>2</table>")
    assert (found.n_rows, found.n_cols) == (2, 3) and covered_once(found)
    assert placed(found)["甲"] == (0, 0, 2, 1) and placed(found)["乙"] == (0, 1, 1, 2)
    odd = the_grid("<table><tr><td rowspan=x colspan=-2>甲<td rowspan=' 2.5'>乙<tr><td>1</table>")
    assert placed(odd) == {"甲": (0, 0, 1, 1), "乙": (0, 1, 2, 1), "1": (1, 0, 1, 1)}


def test_cells_that_a_row_lacks_are_marked_as_absent():
    found = the_grid("<table><tr><td>甲<td>乙<td>丙<tr><td>1<td>2<tr><td>3<td>4<td>5</table>")
    assert [(c.row, c.col) for c in found.cells if ABSENT in c.doubts] == [(1, 2)]
    assert covered_once(found)


def test_a_row_span_one_too_long_has_a_rival_without_it():
    found = the_grid(
        "<table><tr><td>组<td>项<td>甲<td>乙<tr><td rowspan=3>办<td>一<td>1<td>2<tr><td>二<td>3<td>4"
        "<tr><td colspan=2>结转<td>5<td>6</table>"
    )
    (rival,) = found.rivals
    assert placed(rival)["5"] == (3, 2, 1, 1) and placed(rival)["办"] == (1, 0, 2, 1)
    assert rival.n_cols == 4 and covered_once(rival) and covered_once(found)


def test_a_row_span_one_too_short_has_a_rival_moved_to_the_right():
    found = the_grid(
        "<table><tr><td>组<td>项<td>甲<td>乙<tr><td rowspan=2>办<td>一<td>1<td>2<tr><td>二<td>3<td>4"
        "<tr><td>三<td>5<td>6</table>"
    )
    (rival,) = found.rivals
    assert placed(found)["5"] == (3, 1, 1, 1) and placed(rival)["5"] == (3, 2, 1, 1)


@pytest.mark.parametrize("label", ["gb2312", "GBK", "utf-8", "iso-8859-1", "", "no-such"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_the_bytes_decide_on_the_encoding(label, encoding):
    meta = f"<meta http-equiv=Content-Type content='text/html; charset={label}'>"
    page = f"<html><head>{meta}</head><p>云溪县〔2021〕年报㙍</p>"
    assert texts(page.encode(encoding)) == ["云溪县〔2021〕年报㙍"]


def test_a_saved_web_archive():
    body = quopri.encodestring(
        "<html><p>云溪县年报</p><table><tr><td>甲<td>1<tr><td>乙<td>2</table>".encode("gbk")
    )
    page = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"XX\"\r\n\r\n--XX\r\n"
        b"Content-Type: text/html; charset=\"gb2312\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + body + b"\r\n--XX\r\nContent-Type: image/png\r\n\r\nnot shown\r\n--XX--\r\n"
    )  # fmt: skip
    assert texts(page) == ["云溪县年报"] and len(the_grid(page).cells) == 4


def test_depth_and_size_are_bounded():
    deep = "<div>" * 5000 + "<p>底</p>"
    with pytest.raises(TooLarge):
        document(deep)
    nested = "<table><tr><td>" * 60 + "底"
    with pytest.raises(TooLarge):
        document(nested)
    with pytest.raises(TooLarge):
        document("<p>一</p>" * 60, Limits(max_markup_nodes=50))
    tall = "<table><tr>" + "<td>1" * 400 + "<tr><td>1" * 2000 + "</table>"
    with pytest.raises(TooLarge):
        document(tall, Limits(max_markup_nodes=6000))
    wide = "<table><tr>" + "<td colspan=200>1" * 30 + "</table>"
    with pytest.raises(TooLarge):
        document(wide, Limits(max_markup_nodes=2000))


def test_a_page_that_shows_nothing():
    with pytest.raises(Unreadable):
        document("<html><head><title>空</title></head><body><script>1</script></body></html>")


def test_unclosed_and_broken_markup_is_read_as_far_as_it_goes():
    assert (
        texts("<p>一<p>二</b></div><font>三<td>四") == ["一", "二三", "四"] or texts("<p>一<p>二")[0] == "一"
    )
    found = the_grid("<table><tr><td>甲<td>1<tr><td>乙<td>2")
    assert [c.text for c in found.cells] == ["甲", "1", "乙", "2"]


raw_cell = st.builds(lambda r, c: RawCell([RawLine("x")], r, c), st.integers(0, 4), st.integers(0, 5))
raw_table = st.lists(
    st.lists(st.lists(raw_cell, max_size=5), min_size=1, max_size=5), min_size=1, max_size=3
).map(RawTable)


@given(raw_table)
def test_every_elementary_cell_is_covered_exactly_once(table):
    found = grid(table, "html", Limits())
    stated = sum(1 for _ in table.cells())
    if found is None:
        assert stated == 0
        return
    for each in (found, *found.rivals):
        assert covered_once(each)
        assert [(c.row, c.col) for c in each.cells] == sorted((c.row, c.col) for c in each.cells)
        assert sum(1 for c in each.cells if ABSENT not in c.doubts) <= stated


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.data())
def test_a_table_without_overlap_keeps_every_cell_it_states(widths, data):
    total = sum(widths)
    first = [RawCell([RawLine(f"a{i}")], 1, w) for i, w in enumerate(widths)]
    second = [RawCell([RawLine(f"b{i}")]) for i in range(total)]
    found = grid(RawTable([[first, second]]), "html", Limits())
    assert found is not None and found.n_cols == total and covered_once(found)
    at = {c.text: c for c in found.cells}
    for i in range(len(widths)):
        assert (at[f"a{i}"].col, at[f"a{i}"].col_span) == (sum(widths[:i]), widths[i])


@given(st.text(st.sampled_from("<>/tablerdp =\"'1甲!-[]&;")) | st.binary(max_size=200))
def test_no_bytes_make_it_fall(page):
    from extractor.errors import DocumentError

    data = page.encode() if isinstance(page, str) else page
    try:
        found = read(data, Options(), Limits())
    except DocumentError:
        return
    assert all(covered_once(b) for b in found.blocks if isinstance(b, Grid))


@pytest.mark.parametrize(
    "parts",
    [
        ('<div style="display: table">', '<div style="display:table-row">', '<span style="display:table-cell">', "div", "span"),
        ('<div class="t">', '<div class="r">', '<div class="c">', "div", "div"),
        ('<div role="table">', '<div role="row">', '<div role="cell">', "div", "div"),
    ],
    ids=["style", "sheet", "role"],
)  # fmt: skip
def test_tables_that_are_none_to_the_markup(parts: tuple[str, ...]) -> None:
    table, row, cell, block, inner = parts
    rows = [["内容", "本年", "有效"], ["规章", "3", ""], ["文件", "", "12"]]
    body = "".join(f"{row}{''.join(f'{cell}{t}</{inner}>' for t in r)}</{block}>" for r in rows)
    sheet = "<style>.t{display:table}.r{display:table-row}.c{display:table-cell}</style>"
    found = read(f"{sheet}<p>前</p>{table}{body}</{block}><p>后</p>".encode(), Options(), Limits()).blocks
    (grid,) = [b for b in found if isinstance(b, Grid)]
    assert [[c.text for c in grid.cells if c.row == r] for r in range(3)] == rows
    assert [b.text for b in found if isinstance(b, Line)] == ["前", "后"]


def test_a_page_laid_out_as_a_table_by_its_style_is_text() -> None:
    side = '<div style="display:table-cell">栏目</div>'
    text = f'<div style="display:table-cell"><p>{"正文很长。" * 40}</p><p>{"第二段。" * 40}</p></div>'
    found = read(f'<div style="display:table">{side}{text}</div>'.encode(), Options(), Limits()).blocks
    assert all(isinstance(b, Line) for b in found) and len(found) == 3
