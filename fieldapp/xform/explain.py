"""Verdicts and forms in words, for people at a terminal."""

from collections.abc import Iterator

from fieldapp.xform.comparison import Comparison, Question
from fieldapp.xform.definition import FormDefinition, path_text
from fieldapp.xform.judgement import Judgement, Violation
from fieldapp.xform.linting import Examination
from fieldapp.xform.remarks import Remark
from fieldapp.xform.translations import text_for

_MARKS = {"error": "✗", "warning": "!", "note": "·"}


def explain_form(examined: Examination, language: str) -> Iterator[str]:
    """Tell what a form is, and what about it is wrong or deserves a look."""
    if examined.definition is not None:
        yield from _describe(examined.definition)
    if examined.compiled is not None:
        names = [row.cells.get("name", "?") for row in examined.compiled.indicators]
        yield f"  indikator/indicators: {', '.join(names) or '–'}"
    for remark in examined.remarks:
        yield _remark(remark, language)


def _describe(form: FormDefinition) -> Iterator[str]:
    nodes = form.nodes.values()
    questions = [node for node in nodes if node.controls]
    hard = [node for node in nodes if node.bind.constraint is not None]
    required = [node for node in questions if node.bind.required is not None]
    files = sorted(set(form.missing_instances.values()))
    yield f"{form.title} [{form.form_id}, versi/version {form.version or '–'}]"
    yield f"  bahasa/languages: {', '.join(form.languages) or '–'}"
    yield f"  pertanyaan/questions: {len(questions)}, wajib/required: {len(required)}"
    yield f"  aturan/rules: {len(hard)} ✗, {len(form.warned)} !"
    yield f"  bagian berulang/repeats: {len(form.repeats)}"
    yield f"  rumus/formulas: {len(form.steps)}"
    for role, paths in sorted(form.role_paths.items()):
        yield f"  {role}: {', '.join(path_text(path) for path in paths)}"
    yield f"  berkas/files: {', '.join(files) or '–'}"


def _remark(remark: Remark, language: str) -> str:
    return f"{_MARKS[remark.severity]} {remark.told(language)}"


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
    label, item = (
        text_for(each, language) for each in (violation.label, violation.item)
    )
    message, reason = violation.message, violation.reason
    yield f"{mark} {label} ({item})" if item else f"{mark} {label}"
    yield f"    {text_for(message, language)}"
    if reason and reason != message:
        yield f"    {text_for(reason, language)}"
    if violation.value:
        name = "jawaban" if language == "id" else "answer"
        yield f"    {name}: {text_for(violation.answer, language)}"
    for read in violation.readings:
        name, answer = (text_for(each, language) for each in (read.label, read.answer))
        yield f"    {name} = {answer}"
    yield f"    [{violation.path}, {violation.rule}]"
