"""JavaRosa, ready to judge: a small Java program beside the jar that pyxform has."""

import os
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
    """A process that has read some forms, and judges their entries on command."""

    def __init__(self, process: "subprocess.Popen[str]", counts: list[int]) -> None:
        self.process = process
        self.counts = counts

    def judge(self, form: int) -> float:
        """Judge every entry of a form; give the seconds of processor time it took."""
        return int(self._ask(f"judge {form}", 1)[0]) / 1e9

    def verdicts(self, form: int) -> list[str]:
        """Give the first rule that each entry of a form breaks and where, or ok."""
        return self._ask(f"verdicts {form}", self.counts[form])

    def warm_up(self, seconds: float) -> None:
        """Judge until Java has compiled what is used often, then stay on our core."""
        while seconds > 0:
            seconds -= sum(self.judge(form) for form in range(len(self.counts)))
        if hasattr(os, "sched_setaffinity"):
            for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), os.sched_getaffinity(0))

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
def javarosa(forms: list[tuple[bytes, list[bytes]]]) -> Iterator[JavaRosa]:
    """Compile and start the program with forms and entries; it ends with the block."""
    jar = odk_validate.ODK_VALIDATE_PATH
    with tempfile.TemporaryDirectory(prefix="fieldapp-bench-") as folder:
        names: list[str] = []
        for at, (form, entries) in enumerate(forms):
            names += [f"{folder}/{at}.xml", f"{folder}/{at}.entries"]
            Path(names[-2]).write_bytes(form)
            Path(names[-1]).write_bytes(b"\n".join(entries))
        compile_it = ["javac", "-nowarn", "-d", folder, "-cp", jar, str(SOURCE)]
        subprocess.run(compile_it, check=True, stderr=subprocess.DEVNULL)
        process = subprocess.Popen(
            ["java", *OPTIONS, "-cp", f"{jar}:{folder}", "JavaRosaBench", *names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield JavaRosa(process, [len(entries) for _, entries in forms])
