"""Whatever a camera, a phone or a shop system writes becomes upright RGB, or a clear refusal."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from facings.capture import MAX_SIDE_PX, Input, expand_inputs, read_picture, read_video
from facings.errors import PictureError

RED, WHITE = (200, 30, 20), (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Write a picture to bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def striped(size_wh: tuple[int, int] = (40, 20)) -> Image.Image:
    """A red picture, white at the top left corner."""
    image = Image.new("RGB", size_wh, RED)
    image.paste(WHITE, (0, 0, 10, 10))
    return image


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + header
        + struct.pack(">I", zlib.crc32(header))
        + struct.pack(">I", 0)
        + b"IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


def write_video(path: Path, frame_count: int, fps: float = 10.0) -> None:
    """Write frames that get brighter, 64 x 48 pixels."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (64, 48))
    for number in range(frame_count):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[..., 2] = 40 + number * 8  # red in BGR
        writer.write(frame)
    writer.release()


def test_reading_pictures_imports_no_engine() -> None:
    """What only videos, records or the index need is loaded by those."""
    code = (
        "import sys, facings.capture, facings.retrieve.exact, facings.catalogue.gtin\n"
        "print(*{'cv2', 'sqlalchemy', 'qdrant_edge', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_no_bytes_are_no_picture() -> None:
    """Empty in, clear error out."""
    with pytest.raises(PictureError, match=r"empty \(0 bytes\)"):
        read_picture(b"")


def test_a_picture_reads_the_same_from_path_text_and_bytes(tmp_path: Path) -> None:
    """A frame is named after its file, or as the caller says."""
    path = tmp_path / "shelf.png"
    striped().save(path)
    frame = read_picture(path)
    assert frame.name == "shelf.png"
    assert frame.size_wh == (40, 20)
    assert frame.timestamp_ms is None
    np.testing.assert_array_equal(frame.image, read_picture(str(path)).image)
    from_bytes = read_picture(path.read_bytes(), name="upload 1")
    np.testing.assert_array_equal(frame.image, from_bytes.image)
    assert from_bytes.name == "upload 1"


@pytest.mark.parametrize(
    "convert",
    [
        lambda image: encoded(image.convert("L").convert("RGB")),
        lambda image: encoded(image.convert("L")),
        lambda image: encoded(image.convert("1")),
        lambda image: encoded(image.convert("P")),
        lambda image: encoded(image.convert("RGBA")),
        lambda image: encoded(image.convert("LA")),
        lambda image: encoded(image.convert("CMYK"), "JPEG", quality=95),
        lambda image: encoded(image, "WEBP", lossless=True),
        lambda image: encoded(image, "AVIF", quality=95),
        lambda image: encoded(image, "BMP"),
        lambda image: encoded(image, "GIF"),
        lambda image: encoded(image.convert("CMYK"), "TIFF"),
        lambda image: encoded(image.convert("I;16"), "TIFF"),
    ],
    ids=["rgb", "grey", "1-bit", "palette", "rgba", "grey+alpha", "cmyk-jpeg", "webp", "avif",
         "bmp", "gif", "cmyk-tiff", "16-bit-tiff"],
)  # fmt: skip
def test_every_colour_mode_becomes_rgb_bytes(convert: Callable[[Image.Image], bytes]) -> None:
    """Shape and type are those of a frame, whatever was in the file."""
    image = read_picture(convert(striped())).image
    assert image.shape == (20, 40, 3)
    assert image.dtype == np.uint8


def test_cmyk_keeps_its_colours() -> None:
    """A red stays red."""
    image = read_picture(encoded(striped().convert("CMYK"), "JPEG", quality=95)).image
    red, green, blue = image[15, 30].tolist()
    assert red > 150
    assert max(green, blue) < 90


def test_sixteen_bits_keep_their_brightness() -> None:
    """The upper byte counts; nothing wraps around."""
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(1, -1)
    image = read_picture(encoded(Image.fromarray(ramp))).image
    np.testing.assert_allclose(image[0, :, 0], np.arange(256), atol=1)


def test_what_is_transparent_becomes_white() -> None:
    """A cut-out pack shot stands on white, not on whatever lay under the transparency."""
    image = Image.new("RGBA", (4, 2), (0, 0, 0, 0))
    image.putpixel((0, 0), (*RED, 255))
    pixels = read_picture(encoded(image)).image
    assert pixels[0, 0].tolist() == list(RED)
    assert pixels[1, 3].tolist() == list(WHITE)
    palette = Image.new("P", (4, 2), 0)
    palette.putpalette([0, 0, 0, *RED])
    palette.putpixel((0, 0), 1)
    pixels = read_picture(encoded(palette, transparency=b"\x00\xff")).image
    assert pixels[0, 0].tolist() == list(RED)
    assert pixels[1, 3].tolist() == list(WHITE)


def test_of_an_animation_the_first_frame_counts() -> None:
    """The rest is not read."""
    blue = Image.new("RGB", (40, 20), (0, 0, 255))
    animation = encoded(striped(), "GIF", save_all=True, append_images=[blue])
    assert read_picture(animation).image[15, 30].tolist() == list(RED)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_picture_is_upright_and_rotated_once(kind: str, orientation: int) -> None:
    """All eight EXIF orientations, in every format that carries them."""
    upright = striped()
    stored = upright
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    if orientation > 1:
        stored = upright.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    frame = read_picture(encoded(stored, kind, exif=exif))
    assert frame.size_wh == (40, 20)
    corners = frame.image[[5, 5, 15, 15], [5, 35, 5, 35]].astype(int)
    np.testing.assert_allclose(corners, [WHITE, RED, RED, RED], atol=40)


def test_a_damaged_exif_block_does_not_lose_the_picture() -> None:
    """Unreadable metadata says nothing; the pixels are fine."""
    data = encoded(striped(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert read_picture(data).size_wh == (40, 20)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF"])
def test_a_cut_off_file_is_refused(kind: str) -> None:
    """Half a file is an error in one line, at every place it may be cut."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(PictureError, match="upload") as caught:
            read_picture(data[: int(len(data) * share)], name="upload")
        assert "\n" not in caught.value.message


def test_flipped_bytes_give_a_picture_or_a_picture_error() -> None:
    """No damage gets through as another error or a warning."""
    generator = np.random.default_rng(1)
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"):
        data = np.frombuffer(encoded(striped(), kind), np.uint8)
        for _ in range(60):
            broken = data.copy()
            places = generator.integers(0, len(data), 5)
            broken[places] = generator.integers(0, 255, 5)
            with suppress(PictureError):
                assert read_picture(broken.tobytes()).image.ndim == 3


def test_what_is_no_picture_is_refused_with_what_is_read(tmp_path: Path) -> None:
    """A text file is named, and the hint lists the formats."""
    path = tmp_path / "notes.jpg"
    path.write_text("milk, bread")
    with pytest.raises(PictureError, match=r"notes\.jpg is not a picture") as caught:
        read_picture(path)
    assert caught.value.hint is not None
    assert "JPEG" in caught.value.hint
    assert caught.value.__suppress_context__


def test_missing_files_folders_and_empty_files_are_told_apart(tmp_path: Path) -> None:
    """Each has its own message."""
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(PictureError, match="does not exist"):
        read_picture(tmp_path / "absent.jpg")
    with pytest.raises(PictureError, match="is a folder"):
        read_picture(tmp_path)
    with pytest.raises(PictureError, match=r"empty \(0 bytes\)"):
        read_picture(tmp_path / "empty.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a Unix thing")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """What is no regular file is not opened."""
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(PictureError, match="not a regular file"):
        read_picture(tmp_path / "pipe.jpg")


@pytest.mark.parametrize("size_wh", [(10_001, 10_000), (100_000, 100_000)])
def test_a_decompression_bomb_is_refused_from_its_header(size_wh: tuple[int, int]) -> None:
    """Nothing is decoded, and no warning is given."""
    with pytest.raises(PictureError, match=r"too large.*limit is 100 megapixels"):
        read_picture(png_header(*size_wh))


def test_a_panorama_is_scaled_down_to_the_longest_side() -> None:
    """A very long picture is read, in proportion."""
    frame = read_picture(encoded(Image.new("RGB", (30_000, 400), RED), "JPEG"))
    assert frame.size_wh == (MAX_SIDE_PX, 109)


def test_heic_without_its_reader_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Phones write it; the message says what to install."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for brands in (b"heic" + bytes(12), b"mif1" + bytes(4) + b"mif1heic"):
        with pytest.raises(PictureError, match="pillow-heif, which reads those, is missing"):
            read_picture(b"\x00\x00\x00\x18ftyp" + brands + bytes(32))


def test_heic_is_read_where_its_reader_is_there() -> None:
    """With pillow-heif installed nothing else is needed."""
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(striped((64, 64))).save(buffer, quality=95)
    assert read_picture(buffer.getvalue()).size_wh == (64, 64)


def test_a_video_is_read_at_the_pace_asked_for(tmp_path: Path) -> None:
    """Frames carry their number, their time and RGB colours."""
    path = tmp_path / "aisle.mp4"
    write_video(path, 20, fps=10.0)
    frames = list(read_video(path, every_ms=500))
    assert [frame.name for frame in frames] == [f"aisle.mp4#{n}" for n in (0, 5, 10, 15)]
    assert [frame.timestamp_ms for frame in frames] == pytest.approx([0, 500, 1000, 1500], abs=1)
    assert frames[3].size_wh == (64, 48)
    red, _, blue = frames[3].image[24, 32].tolist()
    assert red > 120 > blue
    assert len(list(read_video(path, every_ms=0))) == 20


@pytest.mark.parametrize("content", [b"no video at all", b"\x00\x00\x00\x18ftypmp42" + bytes(99)])
def test_what_is_no_video_is_refused_by_the_call_itself(tmp_path: Path, content: bytes) -> None:
    """The error does not wait for the first frame."""
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=r"broken\.mp4 is not a video"):
        read_video(path)
    with pytest.raises(PictureError, match="does not exist"):
        read_video(tmp_path / "absent.mp4")


def test_the_video_decoder_keeps_quiet(tmp_path: Path) -> None:
    """In a fresh process nothing but Facings' own message is printed."""
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(99))
    code = (
        "import sys; from facings.capture import read_video\n"
        "from facings.errors import PictureError\n"
        "try: read_video(sys.argv[1])\n"
        "except PictureError: print('refused')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_negative_pace_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    """It is no property of the video."""
    with pytest.raises(ValueError, match="cannot be negative"):
        read_video(tmp_path / "any.mp4", every_ms=-1)


def test_no_inputs_expand_to_none() -> None:
    """Nothing asked, nothing listed."""
    assert expand_inputs([]) == []


def test_a_folder_stands_for_its_pictures_and_videos_by_name(tmp_path: Path) -> None:
    """Other files, hidden files and folders in it are passed over."""
    for name in ("b.JPG", "a.png", "c.mp4", ".hidden.jpg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    assert expand_inputs([tmp_path]) == [
        Input(tmp_path / "a.png", "picture"),
        Input(tmp_path / "b.JPG", "picture"),
        Input(tmp_path / "c.mp4", "video"),
    ]


def test_named_files_keep_their_order_and_unknown_suffixes_count_as_pictures(
    tmp_path: Path,
) -> None:
    """The contents decide when the suffix does not."""
    for name in ("z.jpg", "a.mov", "scan"):
        (tmp_path / name).touch()
    found = expand_inputs([tmp_path / "z.jpg", str(tmp_path / "a.mov"), tmp_path / "scan"])
    assert [each.kind for each in found] == ["picture", "video", "picture"]
    assert [each.path.name for each in found] == ["z.jpg", "a.mov", "scan"]


def test_an_empty_folder_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    """Neither passes for a scan that found nothing."""
    with pytest.raises(PictureError, match="holds no pictures or videos"):
        expand_inputs([tmp_path])
    with pytest.raises(PictureError, match="does not exist"):
        expand_inputs([tmp_path / "absent"])


def test_a_caller_may_take_smaller_pictures_only():
    """A service says how large; a picture of just that size is read."""
    stream = io.BytesIO()
    Image.new("RGB", (20, 10)).save(stream, "PNG")

    assert read_picture(stream.getvalue(), max_pixels=200).size_wh == (20, 10)
    with pytest.raises(PictureError, match=r"20 x 10 pixels, the limit is 0\.000199 megapixels"):
        read_picture(stream.getvalue(), max_pixels=199)
