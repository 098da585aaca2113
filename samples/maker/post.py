"""What happens to a finished PDF: turned, cropped, locked, packed, robbed of its Unicode tables."""

from __future__ import annotations

import io
from random import Random

import pikepdf

#: The password that opens documents with the trait `user_password`.
PASSWORD = "open-2022"


def process(pdf: bytes, traits: frozenset[str], rng: Random) -> bytes:
    """The PDF as the traits ask for it; unchanged where they ask for nothing."""
    turn = next((int(t[7:]) for t in traits if t.startswith("rotate_")), 0)
    counter = next((int(t[8:]) for t in traits if t.startswith("counter_")), 0)
    asked = traits & {"cropbox", "owner_password", "user_password", "object_streams", "no_tounicode"}
    if not asked and not turn and not counter:
        return pdf
    with pikepdf.open(io.BytesIO(pdf)) as book:
        for page in book.pages:
            if turn:
                page.rotate(turn, relative=True)
            if counter:
                _turn_back(book, page, counter)
            if "cropbox" in traits:
                _crop(page, rng)
        if "no_tounicode" in traits:
            for thing in book.objects:
                if isinstance(thing, pikepdf.Dictionary) and "/ToUnicode" in thing:
                    del thing["/ToUnicode"]
        out = io.BytesIO()
        mode = (
            pikepdf.ObjectStreamMode.generate
            if "object_streams" in traits
            else pikepdf.ObjectStreamMode.preserve
        )
        if traits & {"owner_password", "user_password"}:
            user = PASSWORD if "user_password" in traits else ""
            lock = pikepdf.Encryption(
                owner="owner-only",
                user=user,
                R=rng.choice((4, 6)),
                allow=pikepdf.Permissions(extract=False, modify_other=False),
            )
            book.save(out, encryption=lock, object_stream_mode=mode)
        else:
            book.save(out, object_stream_mode=mode)
        return out.getvalue()


def _turn_back(book: pikepdf.Pdf, page: pikepdf.Page, angle: int) -> None:
    """Content turned against /Rotate, so that the page is upright as shown."""
    x0, y0, x1, y1 = (float(v) for v in page.mediabox)
    wide, tall = x1 - x0, y1 - y0
    matrix, box = {
        90: (f"0 1 -1 0 {tall + y0} {-x0}", (tall, wide)),
        180: (f"-1 0 0 -1 {x1} {y1}", (wide, tall)),
        270: (f"0 -1 1 0 {-y0} {x1}", (tall, wide)),
    }[angle]
    page.contents_add(f"q {matrix} cm\n".encode(), prepend=True)
    page.contents_add(b"\nQ")
    page.MediaBox = pikepdf.Array([0, 0, *box])
    if "/CropBox" in page:
        del page.CropBox
    page.rotate(angle, relative=False)


def _crop(page: pikepdf.Page, rng: Random) -> None:
    """A sheet larger on every side, with words and numbers outside of what CropBox shows."""
    x0, y0, x1, y1 = (float(v) for v in page.mediabox)
    more = float(rng.choice((20, 36, 57)))
    page.CropBox = pikepdf.Array([x0, y0, x1, y1])
    page.MediaBox = pikepdf.Array([x0 - more, y0 - more, x1 + more, y1 + more])
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    name = page.add_resource(font, pikepdf.Name.Font)
    marks = f"q BT {name} 9 Tf 1 0 0 1 {x0 + 90} {y1 + more / 3} Tm (proof 3  17  204  8) Tj ET Q"
    page.contents_add(marks.encode())


def stamped(pdf: bytes, author: str) -> bytes:
    """The PDF without times and random ids, so that making it again changes as little as possible."""
    with pikepdf.open(io.BytesIO(pdf)) as book:
        for key in ("/CreationDate", "/ModDate"):
            if key in book.docinfo:
                del book.docinfo[key]
        book.docinfo["/Author"] = pikepdf.String(author)
        out = io.BytesIO()
        book.save(out, deterministic_id=True)
        return out.getvalue()
