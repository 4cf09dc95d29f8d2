"""Installs the library into a temporary folder and builds a program against it, by CMake's package and by pkg-config.

    python3 -m tests.package.package_test

LIC_BUILD names the folder of the build; without it, that of the preset `release` is taken.
"""
import os
import subprocess
import tempfile

source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.environ.get("LIC_BUILD", os.path.join(source, "build", "release"))
package = os.path.join(source, "tests", "package")
compiler = next(
    line.split("=", 1)[1].strip()
    for line in open(os.path.join(build, "CMakeCache.txt"))
    if line.startswith("CMAKE_CXX_COMPILER:")
)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


with tempfile.TemporaryDirectory() as folder:
    prefix = os.path.join(folder, "prefix")
    run("cmake", "--install", build, "--prefix", prefix)
    library = os.path.join(prefix, "lib")
    arguments = [
        os.path.join(source, "tests", "models", "tiny.dec.licm"),
        os.path.join(source, "tests", "vectors", "tiny-33x31.lic"),
    ]

    by_cmake = os.path.join(folder, "cmake")
    run(
        "cmake",
        "-S",
        package,
        "-B",
        by_cmake,
        f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={compiler}",
        "-G",
        "Ninja",
    )
    run("cmake", "--build", by_cmake)
    assert run(os.path.join(by_cmake, "uses_lic"), *arguments) == "33 x 31\n"

    # the file names the configured prefix; pkg-config moves it to where the package lies
    environment = dict(os.environ, PKG_CONFIG_PATH=os.path.join(library, "pkgconfig"), LD_LIBRARY_PATH=library)
    flags = run("pkg-config", "--define-prefix", "--cflags", "--libs", "lic", env=environment).split()
    by_pkg_config = os.path.join(folder, "uses_lic")
    run(compiler, os.path.join(package, "uses_lic.cpp"), "-o", by_pkg_config, *flags)
    assert run(by_pkg_config, *arguments, env=environment) == "33 x 31\n"

    names = run("nm", "-D", "--defined-only", os.path.join(library, "liblic.so"))
    assert "xnn" not in names, "XNNPACK's names are visible in liblic.so"
    if os.path.exists(os.path.join(prefix, "bin", "lic")):
        print(run(os.path.join(prefix, "bin", "lic"), "--version").strip())
print("1 passed, 0 failed")
