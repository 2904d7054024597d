"""What an import reads: every cell means what the contract says, and what is wrong names its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.rows import BadRow, Row, SourceUnreadable, read


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
    assert row == Row(2, "tee-1", patch, (tmp_path / "a.jpg", tmp_path / "b.jpg"))


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

    assert row == Row(2, "7", {}, (tmp_path / "a.jpg",))


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
    rows = list(read(write(tmp_path, f"sku,photo,published\nfirst,,yes\n{line}\nlast,,no\n"), {}))

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
        list(read(write(tmp_path, text), names))


def test_a_file_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="not UTF-8"):
        list(read(write(tmp_path, "sku,title\na,Hülle\n", "latin-1"), {}))


def test_a_folder_names_its_items_by_files_and_by_subfolders(tmp_path: Path) -> None:
    (tmp_path / "tee-1.jpg").touch()
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "tee-2").mkdir()
    (tmp_path / "tee-2" / "front.jpg").touch()
    (tmp_path / "tee-2" / "back.jpg").touch()

    rows = {row.sku: row for row in read(tmp_path, {})}

    assert set(rows) == {"tee-1", "tee-2"}
    assert rows["tee-2"] == Row(3, "tee-2", {}, (tmp_path / "tee-2/back.jpg", tmp_path / "tee-2/front.jpg"))


def test_an_empty_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="is empty"):
        list(read(tmp_path, {}))
