"""Runs of real codecs: what is kept, what is found at a rate, what commands take, and complaints."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import replace
from unittest import mock

import numpy as np

from models.evaluation.codecs import coders, programs
from models.evaluation.measurements.picture_files import read_picture, write_png
from models.evaluation.measurements.runs import COLUMNS, NEAR_ENOUGH, RunError, Runs, nearest
from models.measures import metrics
from tests.evaluation import paths
from tests.measures.metrics_test import waves

MODEL = os.path.join(paths.ROOT, "tests", "models", "tiny.dec.licm")


class Dial(unittest.TestCase):
    def test_settings_from_fewest_bytes_to_most(self):
        quality, distance = coders.Dial(1, 100, 1), coders.Dial(25, 0.1, 0.01)
        self.assertEqual((len(quality), quality[0], quality[98], quality[99]), (100, "1", "99", "100"))
        self.assertEqual(
            (len(distance), distance[0], distance[1], distance[len(distance) - 1]), (2491, "25", "24.99", "0.1")
        )
        self.assertEqual(coders.Dial(0, 100, 0.1)[5], "0.5")
        for index in (-1, 100):
            with self.assertRaises(IndexError):
                quality[index]

    def test_settings_of_the_tables_lie_on_the_dials(self):
        for codec in (coders.LIC, *coders.RIVALS):
            ends = sorted((codec.dial.fewest, codec.dial.most))
            settings = [float(setting) for setting in codec.settings]
            self.assertEqual(settings, sorted(settings, reverse=codec.dial.fewest > codec.dial.most), codec.key)
            self.assertTrue(ends[0] <= min(settings) and max(settings) <= ends[1], codec.key)
            for setting in codec.settings:
                self.assertEqual(codec.dial[codec.dial.index(setting)], setting, codec.key)


class Nearest(unittest.TestCase):
    KNOTS = [0, 10, 11, 40, 90, 100]

    def test_finds_what_a_search_of_all_finds(self):
        for sizes in ([1000 + i * i for i in range(101)], [int(1.05 ** (i // 3)) + i // 50 for i in range(101)]):
            for target in (1, 900, 1000, 1001, 1100, 2601.5, 5000, 10999, 11000, 20000):
                found = sizes[nearest(sizes.__getitem__, target, self.KNOTS)]
                best = min(abs(size - target) for size in sizes)
                self.assertLessEqual(abs(found - target), max(best, NEAR_ENOUGH * target), (target, found))

    def test_takes_few_probes(self):
        asked = []

        def size(index):
            asked.append(index)
            return 1.3 ** (index / 50) * 1000

        self.assertEqual(nearest(size, size(612), [0, 100, 300, 500, 700, 990]), 612)
        self.assertLess(len(set(asked) - {0, 100, 300, 500, 700, 990}), 4)


def has_ended(process):
    """Within 5 seconds; what nobody has waited for yet counts as well."""
    for _ in range(50):
        try:
            with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
                if file.read().rpartition(")")[2].split()[0] in "ZX":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.1)
    return False


class Commands(unittest.TestCase):
    def test_memory_is_that_of_the_command(self):
        ballast = np.ones(300 << 17)  # 300 MB here, which must not show there
        small = programs.run_measured(["true"]).memory
        large = programs.run_measured([sys.executable, "-c", "b = bytearray(b'1') * (200 << 20)"]).memory
        self.assertLess(small, 20 << 20)
        self.assertTrue(200 << 20 <= large < 250 << 20, large)
        self.assertEqual(ballast[0], 1)

    def test_seconds_of_processors_and_of_the_clock(self):
        idle = programs.run_measured(["sleep", "0.3"])
        self.assertLess(idle.seconds, 0.1)
        self.assertGreaterEqual(idle.wall_seconds, 0.3)
        busy = programs.run_measured([sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"])
        self.assertTrue(0.3 <= busy.seconds < 0.6, busy)

    def test_memory_is_left_out_without_gnu_time(self):
        with mock.patch.object(programs, "GNU_TIME", "/none"):
            self.assertIsNone(programs.run_measured(["true"]).memory)

    def test_nothing_runs_on_after_the_time_limit(self):
        """Under GNU time and under a shell, whose child the codec is."""
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(programs, "COMMAND_SECONDS", 1):
            for number, run in enumerate((programs.run_measured, programs.run_command)):
                told = os.path.join(folder, str(number))
                with self.assertRaisesRegex(programs.CodecError, "timed out after 1 seconds"):
                    run(["sh", "-c", f"sleep 60 & echo $! > {told}; wait"])
                with open(told, encoding="ascii") as file:
                    self.assertTrue(has_ended(file.read().strip()))

    def test_processor_is_told(self):
        with mock.patch.object(programs, "processor", lambda: "Z80"):
            self.assertEqual(programs.run_measured(["true"]).processor, "Z80")

    def test_failures_name_the_command(self):
        for command, words in (
            (["sh", "-c", "echo no such luck; exit 3"], "sh ended with 3: no such luck"),
            (["/none/such"], "such ended with 127"),
        ):
            with self.assertRaisesRegex(programs.CodecError, words):
                programs.run_measured(command)


class UsableCodecs(unittest.TestCase):
    def test_missing_ones_are_named_with_the_reason(self):
        codecs, missing = coders.usable_codecs(["lic", "jxl"], "/none/lic", MODEL)
        self.assertEqual(missing["lic"], "there is no /none/lic")
        self.assertNotIn("lic", codecs)
        self.assertLessEqual({*codecs, *missing}, {"lic", "jxl"})
        self.assertEqual(
            coders.usable_codecs(["lic"], paths.LIC, "/none.dec.licm")[1], {"lic": "there is no /none.dec.licm"}
        )

    def test_unknown_key(self):
        with self.assertRaisesRegex(programs.CodecError, "no codec is called jpg; there are lic, jpeg, "):
            coders.usable_codecs(["jpg"])

    def test_commands_are_told_without_folders(self):
        codecs, _ = coders.usable_codecs(["lic"], paths.LIC, MODEL)
        self.assertEqual(codecs["lic"].command(), "lic encode {ppm} -o {file} -q {setting} --quiet -m tiny.dec.licm")
        self.assertEqual(coders.WEBP.decode_command(), "dwebp -quiet {file} -ppm -o {decoded}")


class EveryCodec(unittest.TestCase):
    """Set-up has installed all of them for the tests."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.picture = folder.name, f"{folder.name}/waves.png"
        write_png(self.picture, waves(162, 208))
        codecs, missing = coders.usable_codecs(None, paths.LIC, MODEL)
        self.assertEqual(missing, {})
        self.runs = Runs(f"{folder.name}/cache", codecs)

    def test_more_bytes_make_a_better_picture(self):
        self.assertEqual(self.runs.perceptual.missing(), {})
        for codec in self.runs.codecs.values():
            with self.subTest(codec.key):
                ends = [
                    self.runs.measure(self.picture, codec.key, setting)
                    for setting in (codec.settings[0], codec.settings[-1])
                ]
                for row in ends:
                    self.assertEqual(set(row), {*COLUMNS, "measured", "encode_processor", "decode_processor"})
                    self.assertNotIn(None, row.values())
                    self.assertEqual(row["pixels"], 162 * 208)
                    self.assertGreater(min(row["encode_seconds"], row["decode_memory"]), 0)
                if codec.key == "lic":  # the model of the tests is not trained
                    continue
                for key in ("bytes", "psnr", "psnr_y", "ssim", "ms_ssim", "ssimulacra2"):
                    self.assertLess(ends[0][key], ends[1][key], key)
                self.assertGreater(ends[0]["butteraugli"], ends[1]["butteraugli"])

    def test_nearest_setting_at_a_rate(self):
        for key in ("jpeg", "webp", "jxl"):
            setting, row = self.runs.at_rate(self.picture, key, 1.5)
            self.assertEqual(row, self.runs.measure(self.picture, key, setting))
            found = abs(8 * row["bytes"] / row["pixels"] - 1.5)
            self.assertLess(found, 0.08, key)
        for setting in coders.JPEG.settings:  # none of the table is nearer than what the dial has
            row = self.runs.measure(self.picture, "jpeg", setting)
            nearest = self.runs.at_rate(self.picture, "jpeg", 1.5)[1]
            self.assertLessEqual(
                abs(nearest["bytes"] - 1.5 * row["pixels"] / 8), abs(row["bytes"] - 1.5 * row["pixels"] / 8)
            )

    def test_rates_beyond_the_dial_give_its_ends(self):
        self.assertEqual(self.runs.at_rate(self.picture, "jpeg", 0.001)[0], "1")
        self.assertEqual(self.runs.at_rate(self.picture, "jpeg", 24)[0], "100")


class Kept(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.picture = folder.name, f"{folder.name}/waves.png"
        write_png(self.picture, waves(161, 176))
        codecs, _ = coders.usable_codecs(["lic"], paths.LIC, MODEL)
        self.codec = codecs["lic"]
        self.runs = self.new_runs()

    def new_runs(self, **changes):
        return Runs(f"{self.folder}/cache", {"lic": replace(self.codec, **changes)})

    def broken(self):
        """Runs whose codec can only be read from the cache."""
        runs = self.new_runs()
        runs.codecs["lic"].identity  # the version is asked before the encoder breaks
        runs.codecs["lic"].programs["lic" if "lic" in runs.codecs["lic"].programs else paths.LIC] = "/bin/false"
        return runs

    def test_a_run_is_made_once(self):
        row = self.runs.measure(self.picture, "lic", "50")
        self.assertEqual(self.broken().measure(self.picture, "lic", "50"), row)
        with self.assertRaises(RunError):
            self.broken().measure(self.picture, "lic", "51")

    def test_processor_is_that_of_the_measurement(self):
        with mock.patch.object(programs, "processor", lambda: "Z80"):
            self.runs.measure(self.picture, "lic", "50")
        row = self.broken().measure(self.picture, "lic", "50")
        self.assertEqual((row["encode_processor"], row["decode_processor"]), ("Z80", "Z80"))

    def test_rates_are_found_once(self):
        found = self.runs.at_rate(self.picture, "lic", 1)
        self.assertEqual(self.broken().at_rate(self.picture, "lic", 1), found)

    def test_other_options_and_pictures_are_other_runs(self):
        self.runs.measure(self.picture, "lic", "50")
        files = len(os.listdir(f"{self.folder}/cache"))
        self.new_runs(encode=(*self.codec.encode, "--effort", "0")).measure(self.picture, "lic", "50")
        write_png(self.picture, waves(161, 177))
        self.new_runs().measure(self.picture, "lic", "50")
        self.assertEqual(len(os.listdir(f"{self.folder}/cache")), 3 * files)

    def test_decoded_picture_is_what_was_measured(self):
        row = self.runs.measure(self.picture, "lic", "70")
        path = self.runs.decoded(self.picture, "lic", "70")
        self.assertAlmostEqual(metrics.psnr(waves(161, 176), read_picture(path)), row["psnr"], places=10)
        self.assertEqual(self.broken().decoded(self.picture, "lic", "70"), path)
        os.remove(path)
        self.assertEqual(self.runs.decoded(self.picture, "lic", "70"), path)
        self.assertTrue(os.path.exists(path))

    def test_encoded_file_is_what_was_measured(self):
        row = self.runs.measure(self.picture, "lic", "70")
        path = self.broken().encoded(self.picture, "lic", "70")
        self.assertEqual(os.path.getsize(path), row["bytes"])
        info = subprocess.run([paths.LIC, "info", path, "--json"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(json.loads(info)["quality"], 70)

    def test_travels_to_another_process(self):
        row = self.runs.measure(self.picture, "lic", "50")
        self.assertEqual(pickle.loads(pickle.dumps(self.runs)).measure(self.picture, "lic", "50"), row)

    def test_complaints_say_where(self):
        shutil.copy(__file__, f"{self.folder}/text.png")
        cases = {
            (f"{self.folder}/none.png", "50"): "none.png: No such file",
            (f"{self.folder}/text.png", "50"): "text.png: neither PNG nor PNM",
            (self.picture, "loud"): "waves.png: LIC at loud: lic ended with ",
        }
        for (picture, setting), words in cases.items():
            for method in (self.runs.measure, self.runs.decoded):
                with self.assertRaisesRegex(RunError, words):
                    method(picture, "lic", setting)


if __name__ == "__main__":
    unittest.main()
