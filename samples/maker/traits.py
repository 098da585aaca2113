"""Every named option of the maker: what it does, on which routes, and how often it is drawn."""
from __future__ import annotations

from dataclasses import dataclass
from random import Random

PDF = ("web", "word", "calc", "direct")
OFFICE = ("docx", "html", "txt")
ROUTES = (*PDF, *OFFICE)
WORDS = ("word", "docx")
PAGES = ("web", "html")


@dataclass(frozen=True, slots=True)
class Trait:
    """`group`: traits of one group exclude each other ('' excludes none). `share`: how often it is drawn."""

    name: str
    group: str
    routes: tuple[str, ...]
    share: float
    text: str


def _many(group: str, routes: tuple[str, ...], share: float, **texts: str) -> list[Trait]:
    return [Trait(name, group, routes, share, text) for name, text in texts.items()]


ALL: tuple[Trait, ...] = (
    *_many("zero", ROUTES, 0.07, zero_blank="zeros are left blank", zero_slash="zeros print /", zero_hyphen="zeros print -",
           zero_dash="zeros print —", zero_wu="zeros print 无"),
    *_many("", ROUTES, 0.12, zero_some="only some of the zeros are blank or marked"),
    *_many("blank", ROUTES, 0.03, total_column_blank="the column 总计 of table 3 is empty",
           total_blank_in_results="总计 is empty in the outcome rows only",
           org_columns_blank="the five organisation columns are empty",
           remedies_totals_blank="the totals of table 4 are empty"),
    *_many("digits", ROUTES, 0.05, thousands="numbers with , between thousands", fullwidth_digits="digits ０-９",
           unit_in_cell="12件 in the cells of table 2", torn_numbers="numbers torn by a space"),
    *_many("", ROUTES, 0.06, amount_other_unit="the amount in the other unit (251000元 where 万元 is asked)",
           decimals="amounts with .00"),
    *_many("change", ROUTES, 0.25, signed_change="changes print +3, -1", signed_change_word="changes print 增3, 减1"),
    *_many("", ROUTES, 0.05, plus_zero="a change of none prints +0 (with signed_change)"),
    *_many("", ROUTES, 0.10, bad_sums="one to three figures of identities are wrong"),
    *_many("", ROUTES, 0.05, shifted_column="one or two rows stand one column off"),
    *_many("", ROUTES, 0.30, narrative_disagrees="one to three statements contradict the tables"),
    *_many("", ROUTES, 0.10, han_numbers="some numbers of the text in Chinese numerals", wan="large numbers of the text in 万"),
    *_many("paren", ROUTES, 0.08, half_paren="half-width brackets in labels"),
    *_many("paren", ROUTES, 0.05, dun_numbering="labels numbered 1、 and 一、 for 1. and （一）"),
    *_many("quotes", ROUTES, 0.05, no_quotes="no quotes in labels", corner_quotes="「」 in labels"),
    *_many("", ROUTES, 0.06, spaced_labels="spaces inside short labels", label_typos="misspelt labels",
           label_breaks="line breaks inside labels"),
    *_many("", ROUTES, 0.05, missing_row="a row of zeros is not printed", extra_row="a row that the form does not have",
           tables_reordered="table 4 before table 3", foreign_table="small tables of something else before table 2",
           title_row_in_table="a title row inside the table", repeated_title="the section's name repeated before its table"),
    *_many("merge", ROUTES, 0.06, unmerged="cells that the form merges stand single, the rest empty",
           repeated_labels="… and every one repeats the label"),
    *_many("", ROUTES, 0.12, split_header="商业|科研 over 企业|机构 as two rows of cells"),
    *_many("", ROUTES, 0.30, one_grid="table 2 is one grid and not one a block"),
    *_many("", ROUTES, 0.12, vertical_chars="group labels one character a line"),
    *_many("", ROUTES, 0.08, title_split="the title over two lines", heading_numbers="other numbering of the headings"),
    *_many("", PAGES, 0.20, title_absent="no title in the body: page name, preface and sign-off only"),
    *_many("", ROUTES, 0.10, contents_list="the preface lists the six parts"),
    *_many("size", ROUTES, 0.06, big_numbers="figures of a province"),
    *_many("size", ROUTES, 0.10, all_zero="an office without any figure"),
    *_many("border", PAGES, 0.05, thick_borders="borders of 2 px", double_borders="double borders",
           dotted_borders="dotted borders", dashed_borders="dashed borders", grey_borders="light grey borders",
           faint_borders="borders that can hardly be seen", row_rules="rules between rows only", no_borders="no rulings"),
    *_many("border", WORDS, 0.05, word_dotted="dotted borders", word_double="double borders", word_none="no borders",
           word_rows="rules between rows only", word_grey="light grey borders"),
    *_many("", ("web",), 0.10, zoomed="printed at 70 to 130 %", sidebar="a column of links beside the report"),
    *_many("", ("web", "word", "direct"), 0.15, repeat_header="the heading rows come again on the next page"),
    *_many("page", ("web",), 0.07, one_long_page="one page as long as the report"),
    *_many("", ("web", "word"), 0.15, rows_break="a row may be cut by the page break"),
    *_many("page", ("web", "word", "calc", "direct"), 0.08, landscape="tables on landscape pages"),
    *_many("", WORDS, 0.12, footer_hyphen="page numbers - 3 -", running_head="a running head", contents_page="a contents page"),
    *_many("", ("calc",), 0.3, columns_run_on="columns that run on to other pages"),
    *_many("", ("calc",), 0.2, no_grid_print="printed without the grid"),
    *_many("", ("direct",), 0.12, glued_cells="the cells of a row in one text run, spaces between",
           doubled_chars="characters printed twice for bold", hidden_text="invisible and white text on the page",
           sideways="the table's text and rules turned by 90 degrees"),
    *_many("rulings", ("direct",), 0.2, rect_rulings="cells drawn as rectangles", filled_rulings="rulings as thin filled bars",
           doubled_rulings="two rulings side by side", no_rulings="no rulings"),
    *_many("post", PDF, 0.06, rotate_90="/Rotate 90", rotate_180="/Rotate 180", rotate_270="/Rotate 270"),
    *_many("", PDF, 0.05, cropbox="a larger sheet, cut by CropBox"),
    *_many("crypt", PDF, 0.05, owner_password="encrypted, opens without a password"),
    *_many("crypt", PDF, 0.0, user_password="encrypted with the password `open-2022`", ),
    *_many("", PDF, 0.08, object_streams="objects in streams"),
    *_many("", PDF, 0.0, no_tounicode="fonts without ToUnicode (the text cannot be read)"),
    *_many("charset", ("html",), 0.3, gb18030="the page in gb18030"),
    *_many("", ("html",), 0.3, layout_tables="layout tables around the report", mso_soup="MsoNormal paragraphs, nested spans",
           hidden_elements="hidden elements with other numbers"),
    *_many("", ("txt",), 0.25, txt_tabs="cells of a row on one line, tabs between", txt_gb18030="the text in gb18030",
           txt_crlf="lines end with CR LF"),
    *_many("", ("docx",), 0.15, tracked_runs="text in many runs", textbox="a text box and comments around"),
)
BY_NAME: dict[str, Trait] = {t.name: t for t in ALL}


def check(names: frozenset[str]) -> frozenset[str]:
    """The names, all of them known.

    Raises ValueError for a name that is no trait.
    """
    unknown = sorted(names - BY_NAME.keys())
    if unknown:
        raise ValueError(f"no such trait: {', '.join(unknown)} (python -m samples.maker --list-traits)")
    return names


def draw(route: str, rng: Random, fixed: frozenset[str], density: float = 1.0) -> frozenset[str]:
    """Traits by lot for a route; `fixed` are in, and keep out what excludes them."""
    chosen = {n for n in fixed if route in BY_NAME[n].routes}
    groups = {BY_NAME[n].group for n in chosen}
    pool = list(ALL)
    rng.shuffle(pool)
    for t in pool:
        if route in t.routes and rng.random() < t.share * density and (not t.group or t.group not in groups):
            chosen.add(t.name)
            groups.add(t.group)
    return frozenset(chosen)
