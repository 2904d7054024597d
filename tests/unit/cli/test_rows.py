"""What an import reads: every cell means what the contract says, and what is wrong names its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from catalogue.states import FieldType
from service.cli.rows import BadRow, Row, RowPhoto, SourceUnreadable, Words
from service.cli.sources import fingerprint, source_of


def read(path: Path, names: Mapping[str, str], **types: FieldType) -> list[Row | BadRow]:
    return list(source_of(path, names).rows(types))


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "shop.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_row_is_a_patch_with_its_photos(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.jpg").touch()
    text = 'sku,title,photo,price,published,colour\ntee-1,"A tee, striped",a.jpg | b.jpg,19.90,no,navy\n'

    (row,) = read(write(tmp_path, text), {})

    patch = {"title": "A tee, striped", "price": "19.90", "published": False, "attributes": {"colour": "navy"}}
    assert row == Row(2, "tee-1", patch, (RowPhoto(tmp_path / "a.jpg"), RowPhoto(tmp_path / "b.jpg")))


def test_an_absent_column_is_untouched_and_an_empty_cell_removes(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path, "sku,title,available,colour\ntee-1,,,\n"), {})

    assert isinstance(row, Row)
    assert row.patch == {"title": None, "available": None, "attributes": {"colour": None}}


def test_a_row_of_sku_and_photo_alone_changes_nothing_of_the_item(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()

    (row,) = read(write(tmp_path, "sku,photo\ntee-1,a.jpg\n"), {})

    assert isinstance(row, Row)
    assert row.patch == {}


def test_map_renames_a_column(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()

    (row,) = read(write(tmp_path, "id,file\n7,a.jpg\n"), {"sku": "id", "photo": "file"})

    assert row == Row(2, "7", {}, (RowPhoto(tmp_path / "a.jpg"),))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    text = f"sku{delimiter}title\ntee-1{delimiter}A tee\n"

    (row,) = read(write(tmp_path, text), {})

    assert isinstance(row, Row)
    assert row.patch == {"title": "A tee"}


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path, "sku,title\ntee-1,A\n", "utf-8-sig"), {})

    assert row.sku == "tee-1"


def test_a_sku_is_composed_as_the_service_wants_it(tmp_path: Path) -> None:
    (row,) = read(write(tmp_path, "sku\ncafe\u0301\n"), {})

    assert row.sku == "caf\u00e9"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tee-1,,maybe", "published is 'maybe'; it must be true or false."),
        ("tee-1,nowhere.jpg,yes", "The photo nowhere.jpg is not there."),
        ("tee-1,https://shop.example/a.jpg,yes", "is a URL; only files on this machine"),
        (",,yes", "The row has no sku."),
        ("tee-1,,yes,more", "The row has 4 cells and the header 3."),
    ],
)
def test_a_wrong_row_says_why_and_its_neighbours_are_read(tmp_path: Path, line: str, said: str) -> None:
    rows = read(write(tmp_path, f"sku,photo,published\nfirst,,yes\n{line}\nlast,,no\n"), {})

    bad = rows[1]
    assert isinstance(bad, BadRow)
    assert said in bad.reason
    assert bad.line == 3
    assert [rows[0].sku, rows[2].sku] == ["first", "last"]


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("title\nA tee\n", {}, "no column `sku`"),
        ("", {}, "no column `sku`"),
        ("sku,title,title\na,b,c\n", {}, "'title' more than once"),
        ("sku\na\n", {"photo": "file"}, "no column 'file', which --map names for photo"),
        ("sku,colour\na,b\n", {"sku": "colour"}, "'sku' more than once"),
    ],
)
def test_a_wrong_header_is_one_sentence(tmp_path: Path, text: str, names: dict[str, str], said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        read(write(tmp_path, text), names)


def test_a_file_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="not UTF-8"):
        read(write(tmp_path, "sku,title\na,Hülle\n", "latin-1"), {})


def test_a_cell_becomes_a_value_of_its_fields_type(tmp_path: Path) -> None:
    text = "sku,weight,organic,sizes,released,colour\ntee-1,1.50,Yes,S | M|,2026-11-21,42\n"
    types = {
        "weight": FieldType.NUMBER,
        "organic": FieldType.BOOLEAN,
        "sizes": FieldType.STRINGS,
        "released": FieldType.DATE,
    }

    (row,) = read(write(tmp_path, text), {}, **types)

    assert isinstance(row, Row)
    assert row.patch["attributes"] == {
        "weight": 1.5, "organic": True, "sizes": ["S", "M"], "released": "2026-11-21", "colour": "42",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "cell", "said"),
    [
        (FieldType.NUMBER, "1.5 kg", "size is '1.5 kg'; the field holds a number, such as 34.9."),
        (FieldType.NUMBER, "1e999", "the field holds a number"),
        (FieldType.NUMBERS, "1|two", "size is '1|two'; the field holds a list of numbers, such as 34.9|40."),
        (FieldType.BOOLEAN, "maybe", "the field holds a boolean, such as true."),
        (FieldType.DATE, "21.11.2026", "the field holds a date, such as 2026-11-21."),
        (FieldType.NUMBER, "x" * 100_000, "the field holds a number"),
    ],
)
def test_a_cell_that_is_none_of_its_type_fails_its_row_alone(
    tmp_path: Path, kind: FieldType, cell: str, said: str
) -> None:
    bad, good = read(write(tmp_path, f"sku,size\ntee-1,{cell}\ntee-2,\n"), {}, size=kind)

    assert isinstance(bad, BadRow)
    assert said in bad.reason
    assert len(bad.reason) < 250
    assert good == Row(3, "tee-2", {"attributes": {"size": None}}, ())


def lines(folder: Path, *items: object) -> Path:
    path = folder / "shop.jsonl"
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in items))
    return path


def test_a_line_is_a_patch_with_its_photos_in_order_and_their_captions(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).touch()
    photos = [
        {"file": "b.jpg", "position": 1, "caption": "a tee", "source": "model", "locked": True},
        {"file": "a.jpg", "position": 0, "caption": "a tee on a man", "source": "person", "locked": False},
        {"file": "c.jpg", "position": 2, "caption": "tee", "source": "model", "locked": False},
    ]
    item = {"sku": " tee 1", "title": "A tee", "price": 19.9, "attributes": {"sizes": ["S"]}, "group": None}

    (row,) = read(lines(tmp_path, {**item, "photos": photos}), {})

    assert row == Row(
        1,
        " tee 1",
        {"title": "A tee", "attributes": {"sizes": ["S"]}, "price": 19.9, "group": None},
        (
            RowPhoto(tmp_path / "a.jpg", 0, Words("a tee on a man", "person", locked=False)),
            RowPhoto(tmp_path / "b.jpg", 1, Words("a tee", "import", locked=True)),
            RowPhoto(tmp_path / "c.jpg", 2, None),
        ),
    )


def test_a_line_as_the_service_shows_it_names_no_files(tmp_path: Path) -> None:
    photo = {"id": "1", "image": "/v1/photos/1/image", "position": 0, "caption": {"text": "a tee"}}

    (row,) = read(lines(tmp_path, {"sku": "tee-1", "title": "A", "created_at": "2026-11-21", "photos": [photo]}), {})

    assert row == Row(1, "tee-1", {"title": "A"}, ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "The line is not JSON"),
        ("[1]", "no JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"sku": "a", "attributes": {"x": NaN}}', "NaN is no number"),
        ('{"sku": "a", "price": 1e999}', "1e999 is no number"),
        ('{"title": "A"}', "no sku"),
        ('{"sku": 7}', "no sku"),
        ('{"sku": "a", "colour": "red"}', "'colour' is no part of an item"),
        ('{"sku": "a", "photos": {"file": "a.jpg"}}', "must be a list of objects"),
        ('{"sku": "a", "photos": [{"file": 7}]}', "it must be a path"),
        ('{"sku": "a", "photos": [{"file": "nowhere.jpg"}]}', "nowhere.jpg is not there"),
        ('{"sku": "a", "photos": [{"file": "a.jpg", "position": "first"}]}', "must be a whole number"),
        ('{"sku": "a", "photos": [{"file": "a.jpg", "caption": {"text": "x"}}]}', "must be a text"),
        ('{"sku": "a", "photos": [{"file": "a.jpg", "caption": "x", "source": "cat"}]}', "model, person or import"),
        (json.dumps({"sku": "a", "title": "x" * 2**20}), "more than 1,048,576 bytes"),
    ],
)
def test_a_wrong_line_says_why_and_its_neighbours_are_read(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "a.jpg").touch()

    first, bad, last = read(lines(tmp_path, {"sku": "first"}, line, {"sku": "last"}), {})

    assert isinstance(bad, BadRow)
    assert said in bad.reason
    assert bad.line == 2
    assert [first.sku, last.sku] == ["first", "last"]


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "{outside}/secret.jpg", "link.jpg", "linked/secret.jpg", "x\0", "x" * 9_000]
)
def test_no_line_has_a_file_from_elsewhere_sent_away(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.jpg").touch()
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "linked").symlink_to(tmp_path)

    (row,) = read(lines(folder, {"sku": "a", "photos": [{"file": name.format(outside=tmp_path)}]}), {})

    assert isinstance(row, BadRow)
    assert "lies outside the folder" in row.reason or "is not there" in row.reason


def test_a_photo_cell_that_no_file_can_be_named_fails_its_row_alone(tmp_path: Path) -> None:
    bad, good = read(write(tmp_path, f"sku,photo\na,{'x' * 9_000}\nb,\n"), {})

    assert isinstance(bad, BadRow)
    assert good == Row(3, "b", {}, ())


def test_a_fingerprint_is_another_once_the_source_is(tmp_path: Path) -> None:
    sheet = write(tmp_path, "sku\na\n")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"a")

    def prints() -> tuple[str, str, str]:
        return (
            fingerprint(source_of(sheet, {})),
            fingerprint(source_of(sheet, {"title": "name"})),
            fingerprint(source_of(tmp_path / "photos", {})),
        )

    before = prints()
    assert prints() == before
    assert len(set(before)) == 3
    (tmp_path / "photos" / ".vitrine-import-photos.json").touch()  # its own journal and report are no part of it
    (tmp_path / "photos" / "import-failures-20261121-120000.csv").touch()
    assert prints() == before
    write(tmp_path, "sku\nb\nc\n")
    (tmp_path / "photos" / "a.jpg").write_bytes(b"another")
    assert not set(prints()) & set(before)


def test_a_folder_names_its_items_by_files_and_by_subfolders(tmp_path: Path) -> None:
    (tmp_path / "tee-1.jpg").touch()
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "tee-2").mkdir()
    (tmp_path / "tee-2" / "front.jpg").touch()
    (tmp_path / "tee-2" / "back.jpg").touch()

    rows = {row.sku: row for row in read(tmp_path, {})}

    assert set(rows) == {"tee-1", "tee-2"}
    assert rows["tee-2"] == Row(
        2, "tee-2", {}, (RowPhoto(tmp_path / "tee-2/back.jpg"), RowPhoto(tmp_path / "tee-2/front.jpg"))
    )


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="is empty"):
        read(tmp_path, {})
