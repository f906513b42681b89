"""Photos of real packages for the published bars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facings_train.embedder.packages import (
    PackagePhoto,
    is_item_left_out,
    unseen_packages,
    write_catalogue,
)


@pytest.fixture
def grocery_store(tmp_path: Path) -> Path:
    """Two items, one of a brand that is left out of trainings; photos of two splits."""
    header = "class_id,name,coarse,group,gtin,iconic,description,information"
    items = [
        "1,Alpro-Blueberry-Soyghurt,Yoghurt,Packages,,iconic/a.jpg,,",
        "2,Arla-Standard-Milk,Milk,Packages,7310865000019,iconic/b.jpg,,",
    ]
    (tmp_path / "products.csv").write_text("\n".join([header, *items]) + "\n")
    photos = ["file,class_id,split", "images/1.jpg,1,train", "images/2.jpg,1,test"]
    (tmp_path / "photos.csv").write_text("\n".join([*photos, "images/3.jpg,2,train"]) + "\n")
    return tmp_path


def test_only_development_photos_of_unseen_brands_are_read(grocery_store: Path) -> None:
    """Not the test split, and not what the embedder was trained on."""
    assert unseen_packages(grocery_store) == [
        PackagePhoto(grocery_store / "images" / "1.jpg", "09520000000011")
    ]


def test_the_catalogue_has_every_item_under_a_number(grocery_store: Path, tmp_path: Path) -> None:
    """Its own, or one for demonstration; those left out are known by their names."""
    write_catalogue(grocery_store, tmp_path / "catalogue.json")

    items = json.loads((tmp_path / "catalogue.json").read_text())
    assert [each["gtin"] for each in items] == ["09520000000011", "07310865000019"]
    assert items[0]["pictures"][0]["file"] == str(grocery_store / "iconic" / "a.jpg")
    assert [is_item_left_out({"name": str(i)}) for i in range(50)].count(True) in range(4, 18)
