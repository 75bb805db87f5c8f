"""Artefacts and folders, looked at without the program."""

import hashlib
import json
import pathlib


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def rewrite_manifest(folder, change=lambda manifest: None):
    """Applies `change`, then makes sizes and hashes match the files again."""
    manifest = manifest_of(folder)
    for entry in manifest["files"]:
        path = folder / entry["path"]
        if path.is_file():
            entry["size"], entry["sha256"] = path.stat().st_size, sha256(path)
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def what_is_broken(folder):
    """Why the artefact is not intact, or None."""
    try:
        manifest = manifest_of(folder)
    except (OSError, ValueError) as e:
        return f"{folder}: {e}"
    for entry in manifest["files"]:
        path = folder / entry["path"]
        if not path.is_file():
            return f"{path} is missing"
        if path.stat().st_size != entry["size"] or sha256(path) != entry["sha256"]:
            return f"{path} is not what the manifest says"
    return None


def listing(folder):
    """Every path below `folder`, hidden ones too, with the hash of each file."""
    return {str(p.relative_to(folder)): sha256(p) if p.is_file() else "folder"
            for p in sorted(pathlib.Path(folder).rglob("*"))}


def hidden(folder):
    return [str(p.relative_to(folder)) for p in sorted(pathlib.Path(folder).rglob("*"))
            if p.name.startswith(".") or p.name.endswith(".tmp")]
