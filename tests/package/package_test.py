"""Installs the library into a temporary folder and builds a program against it, by CMake's package and by pkg-config.
Checks that the installed liblic.so shows the names of the public headers and no others.

    python3 -m tests.package.package_test

LIC_BUILD names the folder of the build; without it, that of the preset `release` is taken.
"""
import os
import subprocess
import tempfile

from tests.package import visible_names

source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.environ.get("LIC_BUILD", os.path.join(source, "build", "release"))
package = os.path.join(source, "tests", "package")
arguments = [
    os.path.join(source, "tests", "models", "tiny.dec.licm"),
    os.path.join(source, "tests", "vectors", "tiny-33x31.lic"),
]
compiler = next(
    line.split("=", 1)[1].strip()
    for line in open(os.path.join(build, "CMakeCache.txt"))
    if line.startswith("CMAKE_CXX_COMPILER:")
)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def build_by_cmake(prefix, folder):
    settings = [f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={compiler}", "-G", "Ninja"]
    run("cmake", "-S", package, "-B", folder, *settings)
    run("cmake", "--build", folder)
    assert run(os.path.join(folder, "uses_lic"), *arguments) == "33 x 31\n"


def build_by_pkg_config(library, program):
    # The file names the configured prefix; pkg-config moves it to where the package lies.
    environment = dict(os.environ, PKG_CONFIG_PATH=os.path.join(library, "pkgconfig"), LD_LIBRARY_PATH=library)
    flags = run("pkg-config", "--define-prefix", "--cflags", "--libs", "lic", env=environment).split()
    run(compiler, "-std=c++20", os.path.join(package, "uses_lic.cpp"), "-o", program, *flags)
    assert run(program, *arguments, env=environment) == "33 x 31\n"


def check_visible_names(prefix, library):
    headers = os.path.join(prefix, "include", "lic")
    texts = [open(os.path.join(headers, name), encoding="utf-8").read() for name in sorted(os.listdir(headers))]
    found = visible_names.faults(run("nm", "-DC", "--defined-only", library), texts)
    assert not found, "liblic.so:\n" + "\n".join(found)


visible_names.check_itself()
with tempfile.TemporaryDirectory() as folder:
    prefix = os.path.join(folder, "prefix")
    run("cmake", "--install", build, "--prefix", prefix)
    library = os.path.join(prefix, "lib")
    build_by_cmake(prefix, os.path.join(folder, "cmake"))
    build_by_pkg_config(library, os.path.join(folder, "uses_lic"))
    check_visible_names(prefix, os.path.join(library, "liblic.so"))
    if os.path.exists(os.path.join(prefix, "bin", "lic")):
        print(run(os.path.join(prefix, "bin", "lic"), "--version").strip())
print("1 passed, 0 failed")
