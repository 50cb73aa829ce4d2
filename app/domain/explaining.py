"""Why an incident carries the figures that it carries: each report with its claims, what became of them, and why.

It is worked out from what one viewer may see of it, and of nothing else: nothing in it can tell of what is withheld. Where
the figures rest on more than that, it says that they do not follow from what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.assessment import Account, Assessment, Said, Verdict, assess
from app.domain.assessment.origins import Trails, marks_of, spoken_for
from app.domain.figures import METRICS
from app.domain.telling import figure_told
from app.domain.vocabulary import AssessmentRule, ClaimUse, Reliability, Workflow
from app.domain.wording import RULE, read_by

Document = dict[str, Any]
ENDS = ("low", "best", "high")
SOURCE = ("source_type", "scale", "reliability")
"""What is told of a source besides its id and name."""

RULES_SAY = {
    AssessmentRule.envelope: "The low is the lowest that a report gives, the high the highest (none where a report leaves the upper end open), the best that of the best-graded source.",
    AssessmentRule.lowest: "The figure of the report that names the fewest.",
    AssessmentRule.highest: "The figure of the report that names the most.",
    AssessmentRule.median: "End by end what stands in the middle, each origin heard once; of an even number the lower of the two.",
    AssessmentRule.latest: "The figure of the report that was published last.",
    AssessmentRule.best_source: "The figure of the report of the best-graded source.",
    AssessmentRule.corroborated_only: "From the lowest to the highest of those reports that an independent one bears out: whose figures can both be true.",
    AssessmentRule.assessed: "An editor set the figures; the claims stand beside them.",
}
NOT_CHOSEN = {
    AssessmentRule.lowest: "another report names fewer",
    AssessmentRule.highest: "another report names more",
    AssessmentRule.median: "another report of its origin is heard",
    AssessmentRule.latest: "a later report is taken",
    AssessmentRule.best_source: "the report of a better-graded source is taken",
    AssessmentRule.corroborated_only: "no independent report bears it out",
}
WHY = {
    ClaimUse.among_them: "these people are among those whom the same report counts in all",
    ClaimUse.covers_part: "it speaks of a part of the incident only",
    ClaimUse.covers_wider: "it speaks of more than this incident",
    ClaimUse.other_metric: "incidents carry no figure of this",
    ClaimUse.no_figure: "no number could be read from these words",
    ClaimUse.not_published: "the incident is published, and this report is not",
    ClaimUse.set_by_hand: "an editor set the figure",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the viewer may see: the incident with its `reports` and `claims`, the sources of these by id, whom reports lead to
    (by id: derived_from, same_origin_as), and for each metric the change that last decided its figure."""

    incident: Document
    sources: Mapping[str, Document]
    leads: Mapping[str, tuple[str | None, str | None]]
    decided: Mapping[str, Document | None]


def explained(shown: Shown) -> Document:
    """The explanation as it is told."""
    incident = shown.incident
    rule = AssessmentRule(incident["assessment_rule"])
    counting = [report for report in incident["reports"] if _counts(incident, report)]
    assessment = _assessment(shown, counting, rule)
    by_hand = rule is AssessmentRule.assessed
    return {
        "id": incident["id"],
        "title": incident["title"],
        "version": incident["version"],
        "assessment_rule": rule.value,
        "rule_in_words": RULES_SAY[rule],
        "assessment_reason": incident["assessment_reason"],
        "wording_rule": incident["wording_rule"],
        "figures": [_figure(incident, metric, shown.decided[metric]) for metric in METRICS],
        "follows": None if by_hand else _follows(incident, assessment),
        "verification_status": incident["verification_status"],
        # Only editors have these two.
        **{name: incident[name] for name in ("proposed_status", "spread") if name in incident},
        "independent_origins": len(set(assessment.origins.values())),
        "reports": [_report(shown, report, assessment) for report in incident["reports"]],
        "claims": [_claim(claim, incident, assessment, rule) for claim in incident["claims"]],
    }


def _counts(incident: Document, report: Document) -> bool:
    published = Workflow.published.value
    return bool(incident["workflow"] != published or report["workflow"] == published)


def _assessment(shown: Shown, counting: Sequence[Document], rule: AssessmentRule) -> Assessment:
    trails = Trails(shown.leads)
    accounts = {report["id"]: _account(shown, report, trails) for report in counting}
    wording = shown.incident["wording_rule"] or RULE
    claims = [
        _said(claim, accounts[claim["report_id"]], wording)
        for claim in shown.incident["claims"]
        if claim["report_id"] in accounts
    ]
    return assess(accounts.values(), claims, None if rule is AssessmentRule.assessed else rule.value)


def _account(shown: Shown, report: Document, trails: Trails[str]) -> Account:
    source = shown.sources.get(report["source_id"] or "", {})
    return Account(
        report["id"],
        report["link_role"],
        source.get("reliability", Reliability.F.value),
        _day(report["date_published"]),
        marks_of(
            spoken_for(source.get("name"), report["source_id"]),
            source.get("owner"),
            trails.leads(report["id"]),
        ),
        trails.repeats(report["id"]),
    )


def _said(claim: Document, account: Account, wording: str) -> Said:
    low, best, high = read_so(claim, wording)
    of = (claim[name] for name in ("victim_status", "sex", "age_group", "covers", "credibility", "id"))
    return Said(account, claim["metric"], low, best, high, *of)


def read_so(claim: Document, wording: str) -> tuple[int | None, int | None, int | None]:
    """The claim's interval; a wording that a rule has read is read by the incident's, unless it was redacted."""
    if claim["wording"] is None or claim["wording_rule"] in (None, wording):
        return claim["low"], claim["best"], claim["high"]
    return read_by(wording, claim["wording"])[:3]


def _follows(incident: Document, assessment: Assessment) -> bool:
    """Whether the incident's figures are those that follow from what is shown."""
    stated = {(metric, end): incident[f"{metric}_{end}"] for metric in METRICS for end in ENDS}
    found = {(metric, end): getattr(assessment.figures[metric], end) for metric, end in stated}
    return stated == found


def _figure(incident: Document, metric: str, decided: Document | None) -> Document:
    ends = {end: incident[f"{metric}_{end}"] for end in ENDS}
    return {"metric": metric, **ends, "in_words": figure_told(**ends), "decided": decided}


def _report(shown: Shown, report: Document, assessment: Assessment) -> Document:
    told = (
        "id",
        "title",
        "date_published",
        "language",
        "url",
        "link_role",
        "workflow",
        "source_id",
        "source_name",
    )
    source = shown.sources.get(report["source_id"] or "", {})
    return {
        **{name: report[name] for name in told},
        **{name: source.get(name) for name in SOURCE},
        "origin": assessment.origins.get(report["id"]),
        "derived_from": report["derived_from"],
        "same_origin_as": report["same_origin_as"],
    }


def _claim(claim: Document, incident: Document, assessment: Assessment, rule: AssessmentRule) -> Document:
    wording = incident["wording_rule"] or RULE
    low, best, high = read_so(claim, wording)
    verdicts = [v for v in assessment.verdicts if v.claim.id == claim["id"]]
    if not verdicts:
        uses = [_use(claim["metric"], ClaimUse.not_published, None, (), WHY[ClaimUse.not_published])]
    else:
        uses = [_use(v.metric, v.use, v.by, v.gives, _because(v, rule)) for v in verdicts]
    read = (
        {}
        if claim["wording_rule"] is None
        else {"wording_rule": wording, "low": low, "best": best, "high": high}
    )
    return {**claim, **read, "in_words": figure_told(low, best, high), "uses": uses}


def _use(metric: str, use: ClaimUse, by: object, gives: tuple[str, ...], because: str) -> Document:
    return {"metric": metric, "use": use.value, "by": by, "gives": list(gives), "because": because}


def _because(verdict: Verdict, rule: AssessmentRule) -> str:
    match verdict.use:
        case ClaimUse.used:
            return (
                f"its report gives the {_listed(verdict.gives)}"
                if verdict.gives
                else "it was weighed with the others, which give the ends"
            )
        case ClaimUse.not_chosen:
            return NOT_CHOSEN[rule]
        case ClaimUse.corrected:
            return f"report {verdict.by} of the same origin corrects it"
        case ClaimUse.repeated:
            return f"its report passes on what report {verdict.by} says"
        case _:
            return WHY[verdict.use]


def _listed(ends: Sequence[str]) -> str:
    return " and the ".join([", the ".join(ends[:-1]), ends[-1]]) if len(ends) > 1 else ends[0]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
