"""The FinOps Foundation's own validator of FOCUS datasets, in a virtual environment of its own: it needs Python 3.12 and its
libraries are large (600 MB)."""

import pathlib
import shutil
import subprocess
import sys

PACKAGE = "focus-validator==2.2.1"
ARROW = "pyarrow==18.1.0"  # newer ones want a newer NumPy than the validator does
FOLDER = pathlib.Path(__file__).resolve().parents[3] / ".build" / "focus-venv"
# What holds of the accounts that Tollgate charges: prices per unit are public, usage is measured, charges have tags and teams.
CRITERIA = (
    "ACCOUNT_NAMING_SUPPORTED,NEGOTIATED_PRICING_SUPPORTED,PUBLIC_PRICE_LIST_SUPPORTED,USAGE_MEASUREMENT_SUPPORTED,"
    "UNIT_PRICING_SUPPORTED,SUB_ACCOUNT_SUPPORTED,REGION_SUPPORTED,TAGGING_SUPPORTED,MULTIPLE_PRICING_CATEGORIES_SUPPORTED,"
    "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED")


def python():
    """A Python that is new enough, or None."""
    names = [sys.executable, *(shutil.which(f"python3.{minor}") for minor in (12, 13))]
    names += sorted(map(str, pathlib.Path.home().glob(".pyenv/versions/3.1[23]*/bin/python")))
    for name in filter(None, names):
        test = subprocess.run([name, "-c", "import sys; sys.exit(not (3, 12) <= sys.version_info < (3, 14))"], capture_output=True)
        if test.returncode == 0:
            return name
    return None


def validator():
    """The validator's program, installed when it is first asked for; None where no Python can run it."""
    program, done = FOLDER / "bin" / "focus-validator", FOLDER / f".{PACKAGE}"
    if not done.exists():
        if not (new := python()):
            return None
        subprocess.run([new, "-m", "venv", "--clear", FOLDER], check=True)
        subprocess.run([FOLDER / "bin" / "pip", "install", "-q", "--disable-pip-version-check", PACKAGE, ARROW], check=True)
        done.touch()
    return program


def validate(file, folder):
    """Check a file; what the validator says. It looks for its list of currencies below the working folder."""
    library = next(FOLDER.glob("lib/python3*/site-packages/focus_validator"))
    (folder / "focus_validator").symlink_to(library)
    done = subprocess.run(
        [validator(), "--data-file", file, "--validate-version", "1.2", "--block-download", "--applicability-criteria", CRITERIA],
        capture_output=True, text=True, cwd=folder, timeout=300)
    return done
