"""Verdicts and forms in words, for people at a terminal."""

from collections.abc import Iterator

from fieldapp.xform.comparison import Comparison, Question
from fieldapp.xform.definition import FormDefinition, path_text
from fieldapp.xform.files import OpenedForm
from fieldapp.xform.judgement import Judgement, Violation
from fieldapp.xform.translations import text_for


def explain_form(opened: OpenedForm) -> Iterator[str]:
    """Tell what a form is, and what about it deserves a look."""
    form = opened.definition
    questions = [node for node in form.nodes.values() if node.controls]
    yield f"{form.title} [{form.form_id}, versi/version {form.version or '–'}]"
    yield f"  bahasa/languages: {', '.join(form.languages) or '–'}"
    yield f"  pertanyaan/questions: {len(questions)}"
    yield f"  bagian berulang/repeats: {len(form.repeats)}"
    yield f"  rumus/formulas: {len(form.steps)}"
    for role, paths in sorted(form.role_paths.items()):
        yield f"  {role}: {', '.join(path_text(path) for path in paths)}"
    for warning in lint(opened):
        yield f"! {warning}"


def lint(opened: OpenedForm) -> Iterator[str]:
    """Say what is allowed and yet probably not meant."""
    form = opened.definition
    if opened.compiled is not None:
        yield from opened.compiled.warnings
    yield from form.warnings
    yield from _identity(form)
    for name, source in sorted(form.missing_instances.items()):
        if name not in form.last_saved_instances:
            yield (
                f"daftar {name} ({source}) tidak ada di sini; pilihannya tidak "
                f"diperiksa / the list {name} is not here; its choices are not checked"
            )
    for node in form.nodes.values():
        if node.controls and not any(control.labels for control in node.controls):
            yield f"{node.text_path}: tanpa label / without a label"


def _identity(form: FormDefinition) -> Iterator[str]:
    if not form.form_id:
        yield "formulir tidak punya id / the form has no id"
    if not form.version:
        yield "formulir tidak punya versi / the form has no version"
    if form.village_path is None:
        yield (
            "tidak ada pertanyaan dengan peran village / "
            "no question has the role village"
        )
    if (form.root.name, "meta", "instanceID") not in form.nodes:
        yield "tidak ada instanceID di meta / there is no instanceID in meta"


def explain_comparison(comparison: Comparison, language: str) -> Iterator[str]:
    """Tell what is added (+), removed (-) and changed (~) between two versions."""
    for mark, questions in (("+", comparison.added), ("-", comparison.removed)):
        for question in questions:
            yield f"{mark} {_named(question, language)}"
    for change in comparison.changed:
        yield f"{'✗' if change.is_retyped else '~'} {_named(change.question, language)}"
        for aspect in change.aspects:
            yield f"    {aspect.name}: {aspect.before or '–'} → {aspect.after or '–'}"


def _named(question: Question, language: str) -> str:
    return f"{text_for(question.label, language)} [{question.path}] ({question.kind})"


def explain_judgement(judgement: Judgement, language: str) -> Iterator[str]:
    """Tell a verdict with its reasons."""
    indonesian = language == "id"
    if judgement.is_ok:
        yield "DITERIMA" if indonesian else "ACCEPTED"
    else:
        count = len(judgement.violations)
        yield f"{count} MASALAH" if indonesian else f"{count} PROBLEMS"
    for violation in judgement.violations:
        yield from _explain(violation, "✗", language)
    for warning in judgement.warnings:
        yield from _explain(warning, "!", language)


def _explain(violation: Violation, mark: str, language: str) -> Iterator[str]:
    label = text_for(violation.label, language)
    yield f"{mark} {label} [{violation.path}] ({violation.rule})"
    yield f"    {text_for(violation.message, language)}"
    if violation.value:
        name = "jawaban" if language == "id" else "answer"
        yield f"    {name}: {violation.value}"
    for path, value in violation.detail.items():
        yield f"    {path} = {value or '–'}"
