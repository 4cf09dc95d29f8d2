"""What the `lic` command says, with which status it ends, and what it leaves on disk when it cannot
finish.

    python3 -m tests.native.commands.command_failures_test [CommandFailuresTest.NAME_OF_TEST...]

Uses the small model tests/models/tiny and the vectors of tests/vectors.
"""

import glob
import json
import os
import pty
import resource
import select
import shutil
import signal
import subprocess
import time
import unittest

from tests.native.commands.lic_command import (
    CommandCase,
    ERRORS,
    EXIT_USAGE,
    LIC,
    MODELS,
    ROOT,
    VECTORS,
    png,
    ppm,
    smooth,
)


class CommandFailuresTest(CommandCase):
    # ---- Reports and exit statuses --------------------------------------------------------------------------

    def test_json_lines(self):
        self.put("a.png", png(16, 8, smooth))
        self.put("bad.png", png(16, 8, smooth)[:-40])
        self.put(b"\xff.png".decode("utf-8", "surrogateescape"), png(1, 1, smooth))
        done = self.encode(
            "bad.png", "a.png", "none.png", b"\xff.png", "-d", "out", "--json", "-q", "12.5", expect="bad_image"
        )
        self.assertEqual(done.stderr, b"")
        bad, good, missing, odd = self.lines(done)
        self.assertEqual(bad["error"]["code"], "bad_image")
        self.assertIn("byte", bad["error"]["message"])
        self.assertEqual(missing["error"]["code"], "io_error")
        self.assertIn("No such file", missing["error"]["message"])
        self.assertNotIn("error", odd)
        self.assertEqual(
            list(good),
            [
                "command",
                "file",
                "output",
                "width",
                "height",
                "bytes",
                "bpp",
                "quality",
                "coding",
                "model_id",
                "model",
                "effort",
                "encode_ms",
                "source_bytes",
                "time",
                "ms",
            ],
        )
        self.assertEqual((good["command"], good["source_bytes"]), ("encode", os.path.getsize(self.path("a.png"))))
        self.assertRegex(missing["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual((good["file"], good["output"]), ("a.png", "out/a.lic"))
        self.assertEqual((good["width"], good["height"], good["quality"], good["model"]), (16, 8, 12.5, "tiny"))
        self.assertEqual(good["bytes"], os.path.getsize(self.path("out/a.lic")))
        self.assertAlmostEqual(good["bpp"], good["bytes"] * 8 / (16 * 8))

    def test_all_inputs_are_tried(self):
        for name in ("a.png", "c.png"):
            self.put(name, png(8, 8, smooth))
        self.put("b.png", b"no picture")
        for threads in ("1", "4"):
            done = self.encode(
                "none.png", "a.png", "b.png", "c.png", "-d", "out" + threads, "-j", threads, expect="io_error"
            )
            self.assertIn(b"b.png: unsupported_image", done.stderr)
            self.assertEqual(sorted(os.listdir(self.path("out" + threads))), ["a.lic", "c.lic"])

    def test_reject_vectors_name_their_error(self):
        for path in glob.glob(os.path.join(VECTORS, "bad", "*.lic")):
            error = os.path.basename(path).split("-")[0]
            with self.subTest(path):
                if error == "unknown_model":
                    self.lic("decode", path, "-o", "out.png", expect=error)
                else:
                    self.lic("decode", path, "-o", "out.png", "-m", os.path.join(MODELS, "tiny.dec.licm"), expect=error)
        self.assertEqual(self.files(), [])
        for path in glob.glob(os.path.join(VECTORS, "bad", "*.dec.licm")):
            with self.subTest(path):
                self.lic(
                    "decode",
                    os.path.join(VECTORS, "tiny-1x1.lic"),
                    "-o",
                    "out.png",
                    "-m",
                    path,
                    expect=os.path.basename(path).split("-")[0],
                )

    def test_symbols_of_vectors(self):
        with open(os.path.join(VECTORS, "manifest.tsv"), encoding="utf-8") as manifest:
            _, *rows = [line.rstrip("\n").split("\t") for line in manifest if not line.startswith("#")]
        named = {row[0]: row for row in rows}
        folders = {os.path.dirname(os.path.join(ROOT, row[1])) for row in rows}
        trailers = [name for name in named if "-trailer" in name]
        self.assertEqual(len(trailers), 3)
        paths = [os.path.join(VECTORS, name) for name in named if name not in trailers]
        done = self.lines(
            self.lic("verify", *paths, "--json", "-j", "2", env=dict(os.environ, LIC_MODEL_PATH=":".join(folders)))
        )
        self.assertEqual(len(done), len(paths))
        for name in trailers:
            done += self.lines(self.lic("verify", os.path.join(VECTORS, name), "--json", expect="bad_section"))
        for line in done:
            self.assertIn(line["symbol_hash"], named[os.path.basename(line["file"])])

    def test_models(self):
        self.put("a.png", png(8, 8, smooth))
        self.encode("a.png", "-o", "a.lic")
        done = self.lic("encode", "a.png", "-o", "b.lic", "-m", "nowhere", expect="unknown_model")
        self.assertIn(MODELS.encode(), done.stderr)
        elsewhere = dict(self.environment, LIC_MODEL_PATH=self.path("none") + "::" + self.folder)
        done = self.lic("decode", "a.lic", "-o", "a2.png", env=elsewhere, expect="unknown_model")
        self.assertIn(self.lines(self.lic("info", "a.lic", "--json"))[0]["model_id"].encode(), done.stderr)
        self.assertIn(self.folder.encode(), done.stderr)
        self.lic("decode", "a.lic", "-o", "a2.png", "-m", os.path.join(MODELS, "tiny.dec.licm"), env=elsewhere)
        self.lic(
            "decode", "a.lic", "-o", "a3.png", "-m", os.path.join(MODELS, "least.dec.licm"), expect="model_mismatch"
        )
        self.put("broken.dec.licm", b"junk")
        self.lic("decode", "a.lic", "-o", "a3.png", "-m", "./broken.dec.licm", expect="bad_model")
        # Beside the executable, and in the installation's share folder.
        for folder in ("bin/models", "share/lic/models"):
            os.makedirs(self.path(folder))
            os.makedirs(self.path("bin"), exist_ok=True)
            shutil.copy(LIC, self.path("bin", "lic"))
            for kind in ("dec", "enc"):
                shutil.copy(os.path.join(MODELS, f"tiny.{kind}.licm"), self.path(folder, f"found.{kind}.licm"))
            subprocess.run(
                [self.path("bin", "lic"), "encode", self.path("a.png"), "-o", self.path("found.lic"), "-m", "found"],
                check=True,
                env=elsewhere,
                capture_output=True,
            )
            self.assertEqual(self.get("found.lic"), self.get("a.lic"))
            shutil.rmtree(self.path(folder))

    def test_verify_against_a_bound(self):
        self.put("a.png", png(32, 32, smooth))
        self.put("other.png", png(31, 32, smooth))
        self.encode("a.png", "-o", "a.lic")
        self.lic("verify", "a.lic", "--against", "a.png", "--min-psnr", "5")
        self.lic("verify", "a.lic", "--against", "a.png", "--min-psnr", "99", expect="below_quality")
        self.lic("verify", "a.lic", "--against", "other.png", expect="invalid_argument")
        data = bytearray(self.get("a.lic"))
        data[-1] ^= 1
        self.put("damaged.lic", bytes(data))
        self.lic("verify", "damaged.lic", expect="bad_checksum")

    def test_targets(self):
        names = [
            self.put("in/a.png", png(96, 80, lambda x, y: (x * 41 % 256, y * 57 % 256, x * y % 256))),
            self.put("in/b.png", png(64, 64, smooth)),
        ]
        for effort in ("0", "4"):
            sizes = [
                line["bytes"]
                for line in self.lines(self.encode(*names, "-d", "plain", "--effort", effort, "--json", "-q", "30"))
            ]
            target = max(sizes) + 50
            for line in self.lines(
                self.encode(*names, "-d", "size", "--effort", effort, "--target-size", str(target), "--json")
            ):
                self.assertLessEqual(line["bytes"], target)
                self.assertTrue(line["bytes"] > 0.95 * target or line["quality"] == 100)
                self.assertEqual(
                    line["bytes"],
                    os.path.getsize(line["output"] if os.path.isabs(line["output"]) else self.path(line["output"])),
                )
                self.assertEqual(line["effort"], int(effort))
            (line,) = self.lines(
                self.encode(names[0], "-o", "a.lic", "--effort", effort, "--target-bpp", "1", "--json")
            )
            self.assertTrue(0.97 < line["bpp"] <= 1, line["bpp"])
            self.encode(names[1], "-o", "b40.lic", "--effort", effort, "-q", "40")
            wanted = self.lines(self.lic("verify", "b40.lic", "--against", names[1], "--json"))[0]
            for option, above in (("psnr", 0.1), ("ssim", 0.01)):
                self.encode(names[1], "-o", "b.lic", "--effort", effort, "--target-" + option, str(wanted[option]))
                found = self.lines(self.lic("verify", "b.lic", "--against", names[1], "--json"))[0]
                self.assertTrue(
                    wanted[option] <= found[option] < wanted[option] + above, (option, found[option], wanted[option])
                )
        before = self.files()
        done = self.encode(names[0], "-o", "c.lic", "--target-size", "60", expect="limit_exceeded")
        self.assertIn(b"smallest file has", done.stderr)
        self.encode(names[0], "-o", "c.lic", "--target-psnr", "90", expect="below_quality")
        self.encode(names[0], "-o", "c.lic", "--target-ssim", "1.5", expect=EXIT_USAGE)
        self.put("tiny.png", png(8, 8, smooth))
        self.encode("tiny.png", "-o", "c.lic", "--target-ssim", "0.9", expect="invalid_argument")
        self.assertEqual(self.files(), sorted(before + ["tiny.png"]))
        # In a batch the others are coded.
        self.encode("tiny.png", names[1], "-d", "some", "--target-ssim", "0.05", expect="invalid_argument")
        self.assertEqual(os.listdir(self.path("some")), ["b.lic"])

    def test_limits(self):
        self.put("a.png", png(32, 32, smooth))
        self.encode("a.png", "-o", "a.lic")
        self.lic("decode", "a.lic", "-o", "a2.png", "--max-pixels", "1023", expect="limit_exceeded")
        self.lic("decode", "a.lic", "-o", "a2.png", "--max-pixels", "1024")

    def test_usage(self):
        self.put("a.png", png(8, 8, smooth))
        self.put("b.png", png(8, 8, smooth))
        wrong = [
            [],
            ["nothing"],
            ["encode"],
            ["encode", "a.png"],
            ["encode", "a.png", "-o", "x", "-d", "y"],
            ["encode", "a.png", "b.png", "-o", "x"],
            ["encode", "-", "-d", "y"],
            ["encode", ".", "-r", "-o", "x"],
            ["encode", "a.png", "-o", "x", "-q", "0"],
            ["encode", "a.png", "-o", "x", "-q", "101"],
            ["encode", "a.png", "-o", "x", "-q", "high"],
            ["encode", "a.png", "-o", "x", "--effort", "10"],
            ["encode", "a.png", "-o", "x", "-q", "50", "--target-size", "500"],
            ["encode", "a.png", "-o", "x", "--target-size", "0"],
            ["encode", "a.png", "-o", "x", "--target-bpp", "1", "--target-psnr", "30"],
            ["encode", "a.png", "-o", "x", "--tile", "100"],
            ["encode", "a.png", "-o", "x", "--coding", "jpeg"],
            ["encode", "a.png", "-o", "x", "--overfit", "--coding", "autoencoder"],
            ["encode", "a.png", "-o", "x", "--overfit", "--qa"],
            ["encode", "a.png", "-o", "x", "--overfit", "-m", "tiny"],
            ["encode", "a.png", "-o", "x", "--overfit", "--effort", "10"],
            ["encode", "a.png", "-o", "x", "--threads", "2"],
            ["encode", "a.png", "-o", "."],
            ["decode", "x", "-o", "y", "-f", "gif"],
            ["verify", "x", "y", "--against", "a.png"],
            ["verify", "x", "--min-psnr", "30"],
            ["help", "nothing"],
            ["encode", "a.png", "-o", "x", "--unknown"],
        ]
        for arguments in wrong:
            with self.subTest(arguments):
                done = self.lic(*arguments, expect=EXIT_USAGE)
                self.assertNotEqual(done.stderr, b"")
                self.assertEqual(done.stdout, b"")
        self.assertEqual(self.files(), ["a.png", "b.png"])

    def test_output_format_by_name(self):
        self.put("a.png", png(8, 8, smooth))
        self.encode("a.png", "-o", "a.lic")
        self.lic("decode", "a.lic", "-o", "a.jpg", expect="invalid_argument")
        self.lic("decode", "a.lic", "-o", "a.jpg", "-f", "png")
        self.assertTrue(self.get("a.jpg").startswith(b"\x89PNG"))

    def test_help_and_manual(self):
        with open(os.path.join(ROOT, "package.json"), encoding="utf-8") as package:
            self.assertEqual(self.lic("--version").stdout.decode(), f"lic {json.load(package)['version']}\n")
        text = self.lic("help").stdout.decode()
        self.assertEqual(text, self.lic("--help").stdout.decode())
        for name, (number, meaning) in ERRORS.items():
            self.assertIn(f"{number:3} {name:20} {meaning}\n", text)
        for command in ("encode", "decode", "info", "verify"):
            self.assertIn(f"lic {command}", self.lic("help", command).stdout.decode())
            self.assertEqual(self.lic("help", command).stdout, self.lic(command, "--help").stdout)
        with open(os.path.join(ROOT, "docs", "lic.1"), "rb") as page:
            self.assertEqual(self.lic("help", "--man").stdout, page.read(), "docs/lic.1 is made by `lic help --man`")

    # ---- Half-written files, terminals ----------------------------------------------------------------------

    def test_full_disk_leaves_nothing(self):
        self.put("in.png", png(64, 64, lambda x, y: (x * 41 % 256, y * 57 % 256, x * y % 256)))
        self.encode("in.png", "-o", "a.lic")
        before = self.files()
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        self.lic("decode", "a.lic", "-o", "a.ppm", expect="io_error", preexec_fn=limit)
        self.lic("decode", "a.lic", "-o", "a.png", expect="io_error", preexec_fn=limit)
        self.assertEqual(self.files(), before)
        self.lic("decode", "a.lic", "-o", "/dev/full", "-f", "ppm", expect="io_error")

    def test_signals_leave_no_half_files(self):
        for i in range(40):
            self.put(f"in/{i:02}.ppm", ppm(96, 96, smooth))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for delay in (0, 0.003, 0.01):
                out = self.path("out")
                shutil.rmtree(out, ignore_errors=True)
                process = subprocess.Popen(
                    [LIC, "encode", "-m", "tiny", "-r", "in", "-d", "out", "-j", "4", "--quiet"],
                    cwd=self.folder,
                    env=self.environment,
                )
                while process.poll() is None and not (os.path.isdir(out) and os.listdir(out)):
                    time.sleep(0.001)
                time.sleep(delay)
                process.send_signal(number)
                self.assertIn(process.wait(60), (-number, 0))
                names = os.listdir(out)
                self.assertEqual([name for name in names if not name.endswith(".lic")], [])
                if names:
                    self.lic("verify", *(os.path.join("out", name) for name in names))

    def test_temporary_files_of_a_signal_are_removed(self):
        """A decoder that stands still while it writes: its output folder holds the temporary file, until the signal."""
        self.put("in.png", png(64, 64, smooth))
        self.encode("in.png", "-o", "a.lic")
        for _ in range(20):
            process = subprocess.Popen(
                [LIC, "decode", "a.lic", "-o", "out.png", "--quiet"], cwd=self.folder, env=self.environment
            )
            while process.poll() is None and not any(name.endswith(".tmp") for name in os.listdir(self.folder)):
                pass
            process.terminate()
            process.wait(60)
            self.assertEqual([name for name in self.files() if name.endswith(".tmp")], [])

    def test_closed_pipe_is_an_error(self):
        self.put("a.png", png(8, 8, smooth))
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.run(
            [LIC, "encode", "-m", "tiny", "a.png", "-o", "-"],
            cwd=self.folder,
            env=self.environment,
            stdout=writer,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        os.close(writer)
        self.assertEqual(process.returncode, ERRORS["io_error"][0])

    def test_progress_on_a_terminal_only(self):
        self.put("a.png", png(8, 8, smooth))
        self.assertNotIn(b"[", self.encode("a.png", "-o", "a.lic").stderr)
        for arguments, drawn in ((["-o", "a.lic"], True), (["-o", "a.lic", "--json"], False), (["-o", "-"], False)):
            leader, terminal = pty.openpty()
            process = subprocess.Popen(
                [LIC, "encode", "-m", "tiny", "a.png", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=terminal if "-" in arguments else subprocess.DEVNULL,
                stderr=terminal,
            )
            status = process.wait(60)
            shown = b""
            while select.select([leader], [], [], 0.1)[0]:
                shown += os.read(leader, 65536)
            os.close(leader)
            os.close(terminal)
            self.assertEqual(b"[...." in shown, drawn, shown)
            # A picture does not belong on a terminal.
            self.assertEqual(status, EXIT_USAGE if "-" in arguments else 0)


if __name__ == "__main__":
    unittest.main()
