"""`lic encode --coding overfitted`: files that need no model, what is said of them, and what a signal leaves.

    python3 -m tests.native.commands.overfit_command_test [OverfitCommandTest.NAME_OF_TEST...]
"""

import os
import pty
import select
import signal
import subprocess
import unittest

from tests.native.commands.lic_command import CommandCase, LIC, png, smooth


def blocks(x, y):
    return (40 + 2 * x % 160, 60 + 90 * ((x // 9 + y // 7) % 2), 128)


class OverfitCommandTest(CommandCase):
    def setUp(self):
        super().setUp()
        self.environment["LIC_MODEL_PATH"] = self.path("no-models")
        self.put("in.png", png(80, 60, blocks))

    def overfit(self, *arguments, **options):
        return self.lic("encode", "--overfit", "--effort", "0", *arguments, **options)

    def verify(self, name, original="in.png"):
        return self.lines(self.lic("verify", name, "--against", original, "--json"))[0]

    # ---- Files ----------------------------------------------------------------------------------------------

    def test_round_trip(self):
        (line,) = self.lines(self.overfit("in.png", "-o", "a.lic", "-q", "80.5", "--json"))
        self.assertEqual((line["coding"], line["quality"], line["effort"]), ("overfitted", 80.5, 0))
        self.assertEqual(line["iterations"], 30)
        self.assertGreater(line["seconds"], 0)
        self.assertTrue("model" not in line and "model_id" not in line)
        self.assertEqual(line["bytes"], os.path.getsize(self.path("a.lic")))
        self.assertEqual(line["grids"][0]["level"], 6)
        self.assertLess(sum(grid["bytes"] for grid in line["grids"]) + line["network_bytes"], line["bytes"])
        verified = self.verify("a.lic")
        self.assertGreater(verified["psnr"], 18)
        self.lic("decode", "a.lic", "-o", "a.png")
        self.assertTrue(self.verify("a.lic", "a.png")["equal"])

    def test_the_long_name_and_threads_change_nothing(self):
        self.overfit("in.png", "-o", "a.lic", "--threads", "1")
        self.lic("encode", "in.png", "-o", "b.lic", "--coding", "overfitted", "--effort", "0", "--threads", "3")
        self.assertEqual(self.get("a.lic"), self.get("b.lic"))
        self.overfit("in.png", "-o", "c.lic", "-j", "2")
        self.assertEqual(self.get("a.lic"), self.get("c.lic"))

    def test_alpha_grey_and_tiles(self):
        self.put("alpha.png", png(70, 150, lambda x, y: (9, 99, 200, 3 * x), channels=4))
        self.put("grey.png", png(1, 1, lambda x, y: (77,), channels=1))
        self.overfit("alpha.png", "grey.png", "-d", "out", "--tile", "64")
        pam = self.lic("decode", "out/alpha.lic", "-o", "-", "-f", "pam").stdout.split(b"ENDHDR\n")[1]
        self.assertEqual([pam[4 * x + 3] for x in range(70)], [3 * x for x in range(70)])
        info = {line["file"]: line for line in self.lines(self.lic("info", "out", "-r", "--json"))}
        self.assertTrue(info["out/grey.lic"]["grey"])
        self.assertEqual(info["out/alpha.lic"]["tile"], 64)

    def test_targets(self):
        self.overfit("in.png", "-o", "a.lic", "-q", "50")
        size = os.path.getsize(self.path("a.lic"))
        (line,) = self.lines(self.overfit("in.png", "-o", "b.lic", "--target-size", str(size + 40), "--json"))
        self.assertLessEqual(line["bytes"], size + 40)
        self.assertGreaterEqual(line["iterations"], 30)
        psnr = self.verify("a.lic")["psnr"]
        self.overfit("in.png", "-o", "c.lic", "--target-psnr", str(psnr - 0.5))
        self.assertGreaterEqual(self.verify("c.lic")["psnr"], psnr - 0.5)
        self.overfit("in.png", "-o", "d.lic", "--target-size", "60", expect="limit_exceeded")
        self.assertNotIn("d.lic", self.files())

    # ---- What is said ---------------------------------------------------------------------------------------

    def test_info(self):
        (encoded,) = self.lines(self.overfit("in.png", "-o", "a.lic", "--json"))
        (line,) = self.lines(self.lic("info", "a.lic", "--json"))
        self.assertEqual((line["coding"], line["version"]), ("overfitted", 2))
        self.assertTrue("model_id" not in line and "head_hash" not in line)
        networks = line["networks"]
        self.assertEqual(networks["bytes"], encoded["network_bytes"])
        self.assertEqual(networks["grids"], len(encoded["grids"]))
        self.assertTrue(100 < networks["multiplications"] <= 4096)
        text = self.lic("info", "a.lic").stdout.decode()
        self.assertIn(f"own networks of {networks['bytes']} bytes", text)
        # Of a file that ends before its networks the header is told, and a warning given.
        self.put("cut.lic", self.get("a.lic")[:45])
        cut = self.lic("info", "cut.lic")
        self.assertIn(b"80 x 60", cut.stdout)
        self.assertIn(b"truncated", cut.stderr)

    def test_failures_name_the_coding(self):
        self.put("bad.png", b"no picture")
        (line,) = self.lines(self.overfit("bad.png", "-o", "a.lic", "--json", expect="unsupported_image"))
        self.assertEqual(line["coding"], "overfitted")

    # ---- While it runs --------------------------------------------------------------------------------------

    def start(self, **options):
        """An encoding that would take hours."""
        self.put("large.png", png(512, 512, smooth))
        command = [LIC, "encode", "--overfit", "--effort", "9", "large.png", "-o", "large.lic"]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, **options)

    def test_a_signal_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start(stderr=subprocess.DEVNULL)
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(1)
            process.send_signal(number)
            self.assertEqual(process.wait(30), -number)
            self.assertEqual(self.files(), ["in.png", "large.png"])

    def test_progress_says_time_left_size_and_psnr(self):
        leader, terminal = pty.openpty()
        process = self.start(stderr=terminal, stdout=subprocess.DEVNULL)
        shown = b""
        while b"dB" not in shown and select.select([leader], [], [], 60)[0]:
            shown += os.read(leader, 65536)
        process.kill()
        process.wait(30)
        os.close(leader)
        os.close(terminal)
        self.assertRegex(shown.decode(), r"\r\[#*\.+\] 0 of 1(, [0-9:]+ left)?, \d+\.\d kB, \d+\.\d\d dB")


if __name__ == "__main__":
    unittest.main()
