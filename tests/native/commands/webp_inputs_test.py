"""`lic encode` of WebP files: colours, alpha, metadata, animation and damage. Needs Pillow, which makes the files."""

import io
import subprocess
import unittest

from PIL import Image

from tests.native.commands.lic_command import LIC, CommandCase, read_pnm

EXIF_TURNED = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def picture(mode="RGB", size=(48, 32)):
    """Smooth colours, and alpha that rises from the left to the right."""
    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    bands = [across, down, across.point(lambda value: 128), across]
    return Image.merge(mode, bands[: len(mode)])


def webp(image, **options):
    file = io.BytesIO()
    image.save(file, "WEBP", **options)
    return file.getvalue()


class WebpInputsTest(CommandCase):
    def setUp(self):
        super().setUp()
        self.put("probe.webp", webp(picture(), lossless=True))
        command = [LIC, "encode", "-m", "tiny", "probe.webp", "-o", "probe.lic"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, check=False)
        if b"it is a WebP file" in done.stderr:
            print("SKIP: WebP: this build of lic has no libwebp")
            self.skipTest("no libwebp")

    def encoded(self, data, *options):
        """The warnings, and the .lic file as `lic encode` makes it of a file."""
        self.put("in.webp", data)
        done = self.lic("encode", "-m", "tiny", "in.webp", "-o", "out.lic", "--json", *options)
        (line,) = self.lines(done)
        return line.get("warnings", []), self.get("out.lic")

    def of_png(self, image, *options, **saving):
        """The .lic file of the same pixels as PNG."""
        file = io.BytesIO()
        image.save(file, "PNG", **saving)
        self.put("same.png", file.getvalue())
        self.lic("encode", "-m", "tiny", "same.png", "-o", "same.lic", *options)
        return self.get("same.lic")

    def test_lossless_and_lossy_files_give_the_pixels_of_other_readers(self):
        for mode in ("RGB", "RGBA"):
            for options in ({"lossless": True, "exact": True}, {"quality": 80}):
                with self.subTest(mode=mode, options=options):
                    data = webp(picture(mode), **options)
                    right = Image.open(io.BytesIO(data)).convert(mode)
                    self.assertEqual(self.encoded(data), ([], self.of_png(right)))

    def test_metadata_is_kept_and_turns_the_picture(self):
        data = webp(picture(), lossless=True, exif=EXIF_TURNED, xmp=XMP)
        warnings, file = self.encoded(data, "--keep-exif", "--keep-xmp")
        self.assertEqual(warnings, [])
        self.assertIn(XMP, file)
        self.assertIn(EXIF_TURNED[:18] + b"\x01" + EXIF_TURNED[19:], file)
        turned = picture().transpose(Image.Transpose.ROTATE_270)
        self.assertEqual(self.encoded(data)[1], self.of_png(turned))
        with_signature = webp(picture(), lossless=True, exif=b"Exif\0\0" + EXIF_TURNED)
        self.assertEqual(self.encoded(with_signature)[1], self.of_png(turned))

    def test_of_an_animation_the_first_frame_is_read(self):
        first = picture()
        data = webp(first, save_all=True, append_images=[first.rotate(180)], lossless=True)
        warnings, file = self.encoded(data)
        self.assertEqual(warnings, ["the frames of the animation are dropped; the first is read"])
        self.assertEqual(file, self.of_png(first))

    def test_bytes_behind_the_picture_are_a_warning(self):
        data = webp(picture(), lossless=True)
        self.assertEqual(
            self.encoded(data + b"junk"), (["4 bytes behind the picture are not read"], self.of_png(picture()))
        )

    def test_missing_pixels_are_an_error_and_lenient_takes_what_is_there(self):
        data = webp(picture(size=(256, 256)), quality=90)
        cut = self.put("cut.webp", data[: len(data) // 2])
        done = self.lic("encode", "-m", "tiny", cut, "-o", "x.lic", expect="bad_image")
        self.assertRegex(done.stderr, rb"the picture ends after row \d+ of 256")
        warnings, _ = self.encoded(data[: len(data) // 2], "--lenient")
        self.assertRegex(warnings[0], r"the picture ends after row \d+ of 256")
        self.lic("decode", "out.lic", "-o", "out.ppm")
        width, height, rows = read_pnm(self.get("out.ppm"))
        self.assertEqual((width, height), (256, 256))
        self.assertLess(max(max(pixel) for pixel in rows[-1]), 60)

    def test_damaged_files_are_refused(self):
        data = webp(picture(), lossless=True)
        for damaged in (data[:12], data[:20], data[:16] + bytes(len(data) - 16)):
            with self.subTest(len(damaged)):
                self.put("bad.webp", damaged)
                self.lic("encode", "-m", "tiny", "bad.webp", "-o", "bad.lic", expect="bad_image")
        self.assertNotIn("bad.lic", self.files())

    def test_a_search_takes_them(self):
        self.put("in/a.WEBP", webp(picture(), lossless=True))
        self.lic("encode", "-m", "tiny", "-r", "in", "-d", "out")
        self.assertIn("out/a.lic", self.files())


if __name__ == "__main__":
    unittest.main()
