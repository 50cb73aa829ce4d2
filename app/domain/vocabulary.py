"""The value lists of VOCABULARY, each word once: names and values are those of the wire and the columns.

The order is the published one; in `LocationPrecision`, `Sharing` and `Role` it carries meaning.
"""

from __future__ import annotations

from enum import StrEnum


class Metric(StrEnum):
    """What a claim counts; incidents carry killed and wounded only."""

    killed = "killed"
    wounded = "wounded"
    missing = "missing"
    abducted = "abducted"
    displaced = "displaced"
    casualties_unspecified = "casualties_unspecified"


class Qualifier(StrEnum):
    """How a claim's wording limits its number."""

    exact = "exact"
    at_least = "at_least"
    at_most = "at_most"
    about = "about"
    range = "range"
    vague_quantity = "vague_quantity"
    unknown = "unknown"


class VictimStatus(StrEnum):
    """Who the people were in the conflict (SDG 16.1.2)."""

    civilian = "civilian"
    other_protected_person = "other_protected_person"
    member_of_armed_forces = "member_of_armed_forces"
    directly_participating = "directly_participating"
    unknown = "unknown"


class Sex(StrEnum):
    """Sex of the people counted, as the source says it."""

    man = "man"
    woman = "woman"
    unknown = "unknown"


class AgeGroup(StrEnum):
    """Age of the people counted; adult is 18 and above."""

    adult = "adult"
    child = "child"
    unknown = "unknown"


class VerificationStatus(StrEnum):
    """How well an incident is established."""

    unreviewed = "unreviewed"
    pending = "pending"
    single_source = "single_source"
    corroborated = "corroborated"
    confirmed = "confirmed"
    contested = "contested"
    inconclusive = "inconclusive"
    discounted = "discounted"
    retracted = "retracted"


class Workflow(StrEnum):
    """How far a record is on its way out; says nothing of whether it is true."""

    draft = "draft"
    in_review = "in_review"
    published = "published"


class Sharing(StrEnum):
    """Who may see a record, loosest first; the strictest of a record and what it hangs on wins."""

    public = "public"
    partners = "partners"
    organisation = "organisation"
    restricted = "restricted"


class LocationPrecision(StrEnum):
    """How closely a position is known, finest first."""

    exact_point = "exact_point"
    within_100m = "within_100m"
    street_or_landmark = "street_or_landmark"
    neighbourhood = "neighbourhood"
    settlement = "settlement"
    admin3 = "admin3"
    admin2 = "admin2"
    admin1 = "admin1"
    part_of_country = "part_of_country"
    country = "country"
    international = "international"
    unknown = "unknown"


class DatePrecision(StrEnum):
    """How closely a date is known."""

    exact_time = "exact_time"
    part_of_day = "part_of_day"
    day = "day"
    several_days = "several_days"
    week = "week"
    month = "month"
    year = "year"
    unknown = "unknown"


class DateBasis(StrEnum):
    """What a date rests on."""

    stated = "stated"
    inferred_from_relative = "inferred_from_relative"
    report_date_only = "report_date_only"


class SourceType(StrEnum):
    """What kind of speaker a source is."""

    news_agency = "news_agency"
    local_media = "local_media"
    international_media = "international_media"
    ngo = "ngo"
    un_body = "un_body"
    civil_defence = "civil_defence"
    hospital_or_medical = "hospital_or_medical"
    government = "government"
    security_force_or_party = "security_force_or_party"
    community_or_religious_leader = "community_or_religious_leader"
    eyewitness = "eyewitness"
    social_media_account = "social_media_account"
    private_protected = "private_protected"
    official_record = "official_record"
    unknown = "unknown"


class Scale(StrEnum):
    """How widely a source works."""

    local = "local"
    regional = "regional"
    national = "national"
    international = "international"


class Reliability(StrEnum):
    """NATO Admiralty grade of a source: A completely reliable to E unreliable, F cannot be judged."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class Credibility(StrEnum):
    """NATO Admiralty grade of a claim: 1 confirmed to 5 improbable, 6 cannot be judged."""

    confirmed = "1"
    probably_true = "2"
    possibly_true = "3"
    doubtful = "4"
    improbable = "5"
    cannot_be_judged = "6"


class Cause(StrEnum):
    """What did the harm (SDG 16.1.2)."""

    heavy_explosive = "heavy_explosive"
    planted_explosive_or_uxo = "planted_explosive_or_uxo"
    small_arms = "small_arms"
    incendiary = "incendiary"
    cbrn = "cbrn"
    electromagnetic = "electromagnetic"
    less_lethal = "less_lethal"
    denial_of_indispensable_objects = "denial_of_indispensable_objects"
    conflict_accident = "conflict_accident"
    objects_and_other = "objects_and_other"
    unknown = "unknown"


class EventType(StrEnum):
    """What happened."""

    air_or_drone_strike = "air_or_drone_strike"
    shelling_artillery_missile = "shelling_artillery_missile"
    barrel_bomb = "barrel_bomb"
    suicide_bomb = "suicide_bomb"
    ied_or_landmine = "ied_or_landmine"
    grenade = "grenade"
    chemical = "chemical"
    armed_clash = "armed_clash"
    mass_shooting = "mass_shooting"
    attack_on_civilians = "attack_on_civilians"
    execution = "execution"
    abduction = "abduction"
    torture = "torture"
    siege_or_deprivation = "siege_or_deprivation"
    other = "other"
    unknown = "unknown"


class ActorType(StrEnum):
    """What kind of party an actor is."""

    state_force = "state_force"
    rebel_group = "rebel_group"
    political_militia = "political_militia"
    communal_militia = "communal_militia"
    external_force = "external_force"
    non_state_other = "non_state_other"
    civilian = "civilian"
    unknown = "unknown"


class AttributionRole(StrEnum):
    """What an actor is said to have been in an incident."""

    alleged_perpetrator = "alleged_perpetrator"
    target = "target"
    victim_group = "victim_group"
    claimed_responsibility = "claimed_responsibility"


class AttributionStatus(StrEnum):
    """How well it is established who did it, apart from whether it happened."""

    not_attributed = "not_attributed"
    alleged_single_source = "alleged_single_source"
    alleged_multiple = "alleged_multiple"
    contested = "contested"
    acknowledged = "acknowledged"
    denied = "denied"
    discounted = "discounted"


class LinkRole(StrEnum):
    """What a report does with an incident."""

    describes = "describes"
    mentions = "mentions"
    disputes = "disputes"
    corrects = "corrects"


class Role(StrEnum):
    """What an API key may do, least first."""

    reader = "reader"
    contributor = "contributor"
    editor = "editor"
    admin = "admin"


class ClaimCovers(StrEnum):
    """What a claim covers of its incident; only `whole` claims feed an assessment."""

    whole = "whole"
    part = "part"
    wider = "wider"


class AssessmentRule(StrEnum):
    """The rule behind an incident's figures; `assessed` is an editor's own, with a reason."""

    envelope = "envelope"
    lowest = "lowest"
    highest = "highest"
    median = "median"
    latest = "latest"
    best_source = "best_source"
    corroborated_only = "corroborated_only"
    assessed = "assessed"


class ClaimUse(StrEnum):
    """What became of a claim in an incident's figure."""

    used = "used"
    not_chosen = "not_chosen"
    corrected = "corrected"
    repeated = "repeated"
    among_them = "among_them"
    covers_part = "covers_part"
    covers_wider = "covers_wider"
    other_metric = "other_metric"
    no_figure = "no_figure"
    not_published = "not_published"
    set_by_hand = "set_by_hand"


VALUE_LISTS: dict[str, type[StrEnum]] = {
    "metric": Metric, "qualifier": Qualifier, "victim_status": VictimStatus, "sex": Sex,
    "age_group": AgeGroup, "verification_status": VerificationStatus, "workflow": Workflow,
    "sharing": Sharing, "location_precision": LocationPrecision, "date_precision": DatePrecision,
    "date_basis": DateBasis, "source_type": SourceType, "scale": Scale, "reliability": Reliability,
    "credibility": Credibility, "cause": Cause, "event_type": EventType, "actor_type": ActorType,
    "attribution_role": AttributionRole, "attribution_status": AttributionStatus, "link_role": LinkRole,
    "role": Role, "claim_covers": ClaimCovers, "claim_use": ClaimUse,
    "assessment_rule": AssessmentRule,
}  # fmt: skip
