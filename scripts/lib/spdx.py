"""Writes what is inside a release as an SPDX 2.3 document, checked by spdx-tools:
    spdx.py VERSION COMMIT TORCH_VERSION FOLDER     writes FOLDER/marquee-VERSION.spdx.json

Listed are the files in FOLDER with their SHA-256, every file of the archive with its own, LibTorch,
Debian's libraries in the archive, and the libraries that are compiled in from headers."""

import datetime
import hashlib
import pathlib
import re
import subprocess
import sys
import tarfile
import urllib.parse

from spdx_tools.spdx.model import (Actor, ActorType, Checksum, ChecksumAlgorithm, CreationInfo, Document,
                                   ExternalPackageRef, ExternalPackageRefCategory, File, Package,
                                   PackageVerificationCode, Relationship, RelationshipType, SpdxNoAssertion)
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from spdx_tools.spdx.writer.json.json_writer import write_document_to_file

# Header-only libraries, whose code is in ours: Debian's packages.
COMPILED_IN = ("libboost-dev", "libcli11-dev", "nlohmann-json3-dev", "libspdlog-dev", "libfmt-dev")


def spdx_id(text):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", text)


def sums(data):
    return [Checksum(ChecksumAlgorithm.SHA1, hashlib.sha1(data).hexdigest()),
            Checksum(ChecksumAlgorithm.SHA256, hashlib.sha256(data).hexdigest())]


def debian_package(name):
    """Name, version and source of an installed package, as SPDX has them."""
    said = subprocess.run(["dpkg-query", "-W", "-f", "${Version} ${Architecture} ${source:Package}", name],
                          check=True, capture_output=True, text=True).stdout
    version, architecture, source = said.split()[:3]
    return Package(
        spdx_id(name), name, SpdxNoAssertion(), version=version, files_analyzed=False,
        supplier=Actor(ActorType.ORGANIZATION, "Debian"), comment=f"Debian's source package {source}",
        external_references=[ExternalPackageRef(
            ExternalPackageRefCategory.PACKAGE_MANAGER, "purl",
            f"pkg:deb/debian/{name}@{urllib.parse.quote(version)}?arch={architecture}")])


class Contents:
    def __init__(self, version, commit, torch_version, folder):
        self.version, self.commit, self.torch_version, self.folder = version, commit, torch_version, folder
        self.packages, self.files, self.relations = {}, [], []

    def relate(self, one, kind, other):
        self.relations.append(Relationship(one, kind, other))

    def add(self, package):
        self.packages.setdefault(package.spdx_id, package)
        return package.spdx_id

    def torch(self):
        return self.add(Package(
            spdx_id("libtorch"), "libtorch", SpdxNoAssertion(), version=self.torch_version,
            files_analyzed=False, license_comment="BSD-3-Clause and others; texts in marquee-libtorch",
            comment="its half for CPUs, with the libraries of CUDA that this half links",
            external_references=[ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl",
                                                    f"pkg:pypi/torch@{self.torch_version}")]))

    def artefacts(self):
        for path in sorted([*self.folder.glob("*.deb"), *self.folder.glob("*.tar.gz")]):
            package = self.add(Package(
                spdx_id(path.name), path.name, SpdxNoAssertion(), version=self.version,
                file_name=path.name, checksums=sums(path.read_bytes())[1:], files_analyzed=False,
                supplier=Actor(ActorType.ORGANIZATION, "the Marquee developers"),
                source_info=f"commit {self.commit}", license_comment="Apache-2.0"))
            self.relate("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, package)
            if not path.name.startswith("marquee-libtorch"):
                for name in COMPILED_IN:
                    self.relate(package, RelationshipType.STATIC_LINK, self.add(debian_package(name)))
            if path.name.startswith("marquee-libtorch"):
                self.relate(package, RelationshipType.CONTAINS, self.torch())
            if path.name.endswith(".tar.gz"):
                self.relate(package, RelationshipType.CONTAINS, self.torch())
                self.archive(path, self.packages[package])

    def archive(self, path, package):
        """Every file of the archive, and the libraries in it."""
        first, libraries = len(self.files), set()
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isfile():
                    continue
                name = "./" + member.name
                file = spdx_id(f"File-{len(self.files)}")
                self.files.append(File(name, file, sums(archive.extractfile(member).read())))
                self.relate(package.spdx_id, RelationshipType.CONTAINS, file)
                if "/share/doc/marquee/libraries/" in name:  # a licence for each library
                    libraries.add(name.rsplit("/", 1)[1])
        for library in sorted(libraries):
            self.relate(package.spdx_id, RelationshipType.CONTAINS, self.add(debian_package(library)))
        inside = sorted(file.checksums[0].value for file in self.files[first:])
        package.files_analyzed = True
        package.verification_code = PackageVerificationCode(
            hashlib.sha1("".join(inside).encode()).hexdigest())

    def write(self):
        name = f"marquee-{self.version}"
        info = CreationInfo(
            spdx_version="SPDX-2.3", spdx_id="SPDXRef-DOCUMENT", name=name,
            document_namespace=f"https://spdx.org/spdxdocs/{name}-{self.commit}",
            creators=[Actor(ActorType.TOOL, f"marquee-release-{self.version}")],
            created=datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0))
        document = Document(info, packages=list(self.packages.values()), files=self.files,
                            relationships=self.relations)
        problems = validate_full_spdx_document(document)
        if problems:
            sys.exit("\n".join(f"spdx: {p.context.spdx_id}: {p.validation_message[:200]}" for p in problems[:20]))
        out = self.folder / f"{name}.spdx.json"
        write_document_to_file(document, str(out), validate=False)
        print(f"{out}: {len(self.packages)} packages, {len(self.files)} files")


def main():
    version, commit, torch_version, folder = sys.argv[1:]
    contents = Contents(version, commit, torch_version, pathlib.Path(folder))
    contents.artefacts()
    contents.write()


if __name__ == "__main__":
    main()
