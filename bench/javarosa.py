"""JavaRosa, ready to judge: a small Java program beside the jar that pyxform has."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyxform.validators import odk_validate

SOURCE = Path(__file__).with_name("JavaRosaBench.java")
OPTIONS = ("-XX:+UseSerialGC", "-Xms256m", "-Xmx512m", "-Duser.timezone=UTC")


def missing() -> str:
    """Say what is lacking to run JavaRosa, or nothing."""
    if not Path(odk_validate.ODK_VALIDATE_PATH).exists():
        return "pyxform has no ODK_Validate.jar"
    return "" if shutil.which("javac") else "there is no Java compiler"


class JavaRosa:
    """A process that has read one form, and judges its instances on command."""

    def __init__(self, process: "subprocess.Popen[str]", count: int) -> None:
        self.process = process
        self.count = count

    def judge(self) -> float:
        """Judge every instance once; give the seconds of processor time it took."""
        return int(self._ask("judge", 1)[0]) / 1e9

    def verdicts(self) -> list[str]:
        """Give the first rule that each instance breaks and where, or ok."""
        return self._ask("verdicts", self.count)

    def _ask(self, command: str, lines: int) -> list[str]:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("JavaRosa was started without pipes")
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        answers = [self.process.stdout.readline().strip() for _ in range(lines)]
        if "" in answers:
            raise RuntimeError("JavaRosa stopped")
        return answers


@contextmanager
def javarosa(form: bytes, instances: list[bytes]) -> Iterator[JavaRosa]:
    """Compile and start the program with a form; it ends with the block."""
    jar = odk_validate.ODK_VALIDATE_PATH
    with tempfile.TemporaryDirectory(prefix="fieldapp-bench-") as folder:
        place = Path(folder)
        (place / "form.xml").write_bytes(form)
        (place / "instances").write_bytes(b"\n".join(instances))
        compile_it = ["javac", "-nowarn", "-d", folder, "-cp", jar, str(SOURCE)]
        subprocess.run(compile_it, check=True, stderr=subprocess.DEVNULL)
        program = ["java", *OPTIONS, "-cp", f"{jar}:{folder}", "JavaRosaBench"]
        process = subprocess.Popen(
            [*program, str(place / "form.xml"), str(place / "instances")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield JavaRosa(process, len(instances))
