#!/usr/bin/env python3
"""Makes the packages of the release programs that are built already, and looks at them: what is in them, what they say of
themselves, and what apt makes of a repository of them, whole and tampered with. lintian judges in scripts/package.

usage: check_packages.py [--made FOLDER]     FOLDER holds packages that are made already

Exits 77 where no release programs are built: scripts/build makes them.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = ROOT / ".build-release/bin"
PACKAGES = ROOT / ".build-package/packages"

IN_CORHUB = """
./etc/corhub/corhub.toml ./etc/corhub/corhub.d/00-package.toml ./usr/bin/corhub ./lib/systemd/system/corhub.service
./lib/udev/rules.d/70-corhub.rules ./lib/udev/hwdb.d/70-corhub.hwdb ./usr/lib/sysusers.d/corhub.conf
./usr/lib/tmpfiles.d/corhub.conf ./usr/share/corhub/device-ca.d/ ./usr/share/corhub/image-keys.d/
./usr/share/man/man1/corhub.1.gz ./usr/share/man/man1/corhub-device.1.gz ./usr/share/man/man5/corhub.toml.5.gz
./usr/share/bash-completion/completions/corhub ./usr/share/zsh/vendor-completions/_corhub
./usr/share/fish/vendor_completions.d/corhub.fish ./usr/share/doc/corhub/examples/usbguard-rules.conf
./usr/share/doc/corhub/examples/corhub-ble.conf ./usr/share/doc/corhub/copyright
""".split()
IN_OTHERS = {
    "corhub-simulator": ["./usr/bin/corone-sim", "./usr/share/man/man1/corone-sim.1.gz"],
    "corhub-upstream": ["./usr/bin/corhub-upstream", "./usr/share/man/man1/corhub-upstream.1.gz",
                        "./lib/systemd/system/corhub-upstream.service", "./usr/lib/sysusers.d/corhub-upstream.conf"],
}


def output(*command, status=0, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert status is None or done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if status is not None else done


def package(name):
    return next(PACKAGES.glob(f"{name}_*.deb"))


def listing(name):
    lines = output("dpkg-deb", "--contents", package(name)).splitlines()
    return {line.split()[5]: line.split()[:2] for line in lines}


def document(folder, name):
    """A file of the package's documents, which dh_compress may have packed."""
    file = pathlib.Path(folder) / "usr/share/doc/corhub" / name
    return file.read_text() if file.exists() else output("gzip", "--decompress", "--stdout", f"{file}.gz")


def faults_of_spdx(document):
    """What the judge of the SPDX project's own library finds."""
    parsed = JsonLikeDictParser().parse(document)
    return [str(message.validation_message) for message in validate_full_spdx_document(parsed)]


class Contents(unittest.TestCase):
    def test_everything_is_there(self):
        self.assertEqual([path for path in IN_CORHUB if path not in listing("corhub")], [])
        for name, paths in IN_OTHERS.items():
            self.assertEqual([path for path in paths if path not in listing(name)], [])

    def test_everything_is_roots_and_nobody_elses_to_write(self):
        for name in ("corhub", *IN_OTHERS):
            for path, (mode, owner) in listing(name).items():
                self.assertEqual(owner, "root/root", path)
                if not mode.startswith("l"):
                    self.assertNotIn("w", mode[5] + mode[8], path)
                self.assertNotIn("s", mode, path)

    def test_no_state_is_below_etc_and_configuration_is_conffiles(self):
        with tempfile.TemporaryDirectory() as folder:
            output("dpkg-deb", "--control", package("corhub"), folder)
            conffiles = (pathlib.Path(folder) / "conffiles").read_text().split()
            below_etc = [path[1:] for path in listing("corhub") if path.startswith("./etc/") and not path.endswith("/")]
            self.assertEqual(sorted(conffiles), sorted(below_etc))

    def test_the_preinst_knows_the_programs_format(self):
        said = json.loads(output(PROGRAMS / "corhub", "version", "--json"))
        with tempfile.TemporaryDirectory() as folder:
            output("dpkg-deb", "--control", package("corhub"), folder)
            preinst = (pathlib.Path(folder) / "preinst").read_text()
        self.assertIn(f"supported={said['store_format']}\n", preinst)

    def test_the_configuration_is_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            output("dpkg-deb", "--extract", package("corhub"), folder)
            etc = pathlib.Path(folder) / "etc/corhub"
            done = output(PROGRAMS / "corhub", "config", "check", etc / "corhub.toml", status=None)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_sbom_names_the_program_that_is_in_it(self):
        with tempfile.TemporaryDirectory() as folder:
            output("dpkg-deb", "--extract", package("corhub"), folder)
            digest = output("sha256sum", pathlib.Path(folder) / "usr/bin/corhub").split()[0]
            packages = {entry["name"]: entry for entry in json.loads(document(folder, "corhub.spdx.json"))["packages"]}
        self.assertEqual(packages["corhub"]["checksums"][0]["checksumValue"], digest)
        self.assertIn("swift-nio-ssl", packages)

    def test_the_sbom_is_sound_spdx_to_the_format_s_own_tools(self):
        with tempfile.TemporaryDirectory() as folder:
            output("dpkg-deb", "--extract", package("corhub"), folder)
            text = document(folder, "corhub.spdx.json")
        self.assertEqual(faults_of_spdx(json.loads(text)), [])
        # The judge itself: a relationship to nothing, and a place that is none.
        for change in (lambda sbom: sbom["relationships"][0].update(relatedSpdxElement="SPDXRef-nothing"),
                       lambda sbom: sbom["packages"][0].update(downloadLocation="somewhere")):
            broken = json.loads(text)
            change(broken)
            self.assertNotEqual(faults_of_spdx(broken), [])

    def test_sbom_soup_list_and_copyright_are_about_the_same_things(self):
        with tempfile.TemporaryDirectory() as folder:
            output("dpkg-deb", "--extract", package("corhub"), folder)
            sbom = json.loads(document(folder, "corhub.spdx.json"))
            soup, copyright_ = document(folder, "soup.md"), document(folder, "copyright")
        others = {entry["name"]: entry["versionInfo"] for entry in sbom["packages"]
                  if "primaryPackagePurpose" not in entry and not entry["name"].endswith(".esrmodel")}
        rows = dict(re.findall(r"^\| (\S+) \| (\S+) \|", soup.partition("|---|")[2], re.MULTILINE))
        self.assertEqual(rows, others)
        self.assertIn("toml++", copyright_)


class Repository(unittest.TestCase):
    """apt with a root of its own: nothing of this machine's packages is read or changed."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="repo-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.repository = self.folder / "repository"
        output(ROOT / "scripts/repo", self.repository, package("corhub"))
        for name in ("etc/sources.list.d", "etc/preferences.d", "state/lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "state/status").touch()
        sources = (self.repository / "corhub.sources").read_text().splitlines()
        key = self.repository / "corhub-archive-keyring.asc"
        lines = [f"URIs: file:{self.repository}" if line.startswith("URIs:") else
                 f"Signed-By: {key}" if line.startswith("Signed-By:") else line for line in sources]
        (self.folder / "etc/sources.list.d/corhub.sources").write_text("\n".join(lines) + "\n")

    def apt(self, *arguments):
        options = {"Dir::Etc": "etc", "Dir::State": "state", "Dir::State::status": "state/status", "Dir::Cache": "cache"}
        return output(
            "apt-get", "-o", "APT::Sandbox::User=root", "-o", "Dir::Etc::sourcelist=/dev/null",
            *(word for name, path in options.items() for word in ("-o", f"{name}={self.folder / path}")), *arguments,
            status=None, cwd=self.folder)

    def test_apt_takes_what_is_signed(self):
        done = self.apt("update", "--error-on=any")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.apt("download", "corhub")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_index_that_somebody_changed_is_refused(self):
        for index in self.repository.glob("dists/*/main/binary-*/Packages"):
            index.write_text(index.read_text().replace("agent of", "other of"))
            index.with_suffix(".gz").unlink()
        self.assertNotEqual(self.apt("update", "--error-on=any").returncode, 0)

    def test_a_release_that_somebody_else_signed_is_refused(self):
        output(ROOT / "scripts/repo", self.folder / "theirs", package("corhub"))
        for name in ("InRelease", "Release", "Release.gpg"):
            shutil.copy(self.folder / "theirs/dists/stable" / name, self.repository / "dists/stable" / name)
        done = self.apt("update", "--error-on=any")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "NO_PUBKEY|not signed|public key")

    def test_a_package_that_somebody_changed_is_refused(self):
        self.assertEqual(self.apt("update", "--error-on=any").returncode, 0)
        file = next((self.repository / "pool").iterdir())
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        done = self.apt("-o", "Acquire::file::No-Cache=true", "download", "corhub")
        self.assertNotEqual(done.returncode, 0)

    def test_a_version_is_published_once(self):
        other = self.folder / package("corhub").name
        other.write_bytes(package("corhub").read_bytes() + b"\0")
        done = output(ROOT / "scripts/repo", self.repository, other, status=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("published once", done.stderr)


def main():
    global PACKAGES
    parser = argparse.ArgumentParser()
    parser.add_argument("--made", type=pathlib.Path)
    made = parser.parse_args().made
    if not (PROGRAMS / "corhub").is_file():
        print("no release programs are built: scripts/build")
        return 77
    if made:
        PACKAGES = made.resolve()
    elif subprocess.run([ROOT / "scripts/package"], env={**os.environ, "CORHUB_PROGRAMS": str(PROGRAMS)}).returncode:
        return 1
    return 0 if unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
