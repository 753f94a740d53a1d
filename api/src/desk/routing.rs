//! Why a complaint is on this desk.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Code, Locale, Store,
    complaints::desk,
    ids::{ComplaintId, RoutingRuleId},
    routing::{Finding, StoredDecision, decision::RuleName},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ComplaintPath, view::DepartmentRef};
use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfNoneMatch},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, read},
};

/// Why a complaint went where it went, in the words of that moment.
#[derive(Serialize, ToSchema)]
struct RoutingView {
    complaint: ComplaintId,
    /// The decisions, the latest first. None where it was put on a desk by hand only.
    #[schema(max_items = 100)]
    decisions: Vec<DecisionView>,
}

/// One decision.
#[derive(Serialize, ToSchema)]
#[schema(as = RoutingDecision)]
struct DecisionView {
    decided_at: DateTime<Utc>,
    /// Where it went.
    department: DepartmentRef,
    /// The whole answer, a sentence a line, in the language asked for.
    #[schema(max_items = 60)]
    explanation: Vec<Sentence>,
    /// The rule that decided. Absent where the default department got it for want of a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rule: Option<RuleView>,
    /// What made it hold.
    #[schema(max_items = 100)]
    matched: Vec<FindingView>,
    /// How many rules were tried before.
    #[schema(minimum = 0, example = 1)]
    tried_count: u32,
    /// The last of them, in order.
    #[schema(max_items = 20)]
    tried: Vec<TriedView>,
    /// How many of them could not be decided and so counted as not met.
    #[schema(minimum = 0, example = 0)]
    undecided_count: u32,
}

/// One sentence of an explanation.
#[derive(Serialize, ToSchema)]
#[schema(value_type = String, max_length = 4000, example = "Regel „Müll“ entschied: Bauhof.")]
struct Sentence(String);

/// A rule as it was called then.
#[derive(Serialize, ToSchema)]
#[schema(as = RoutingRuleName)]
struct RuleView {
    id: RoutingRuleId,
    #[schema(max_length = 80, example = "Müll")]
    name: String,
}

/// A rule that did not decide.
#[derive(Serialize, ToSchema)]
#[schema(as = TriedRule)]
struct TriedView {
    rule: RuleView,
    /// The first thing that stood against it.
    why_not: FindingView,
}

/// What was found when one condition was put to the complaint.
#[derive(Serialize, ToSchema)]
#[schema(as = RoutingFinding)]
struct FindingView {
    /// `category`, `area`, `words`, `weekday`, `time`, `holiday`, `anonymous` or `condition`.
    #[schema(max_length = 16, example = "category")]
    kind: String,
    /// `met`, `not_met`, `undecidable` or `broken`.
    #[schema(max_length = 16, example = "met")]
    verdict: String,
    /// The same as half a sentence.
    #[schema(max_length = 400, example = "die Kategorie ist Müll")]
    explanation: String,
}

impl From<RuleName> for RuleView {
    fn from(rule: RuleName) -> Self {
        Self { id: rule.id, name: rule.name }
    }
}

impl FindingView {
    fn new(finding: &Finding, locale: Locale) -> Self {
        Self {
            kind: finding.kind.to_string(),
            verdict: finding.verdict.to_string(),
            explanation: finding.explain(locale),
        }
    }
}

impl DecisionView {
    fn new(stored: StoredDecision, department: DepartmentRef, locale: Locale) -> Self {
        let explanation =
            stored.reasons.explain(&department.name, locale).into_iter().map(Sentence).collect();
        let reasons = stored.reasons;
        Self {
            decided_at: stored.at.trunc_subsecs(0),
            department,
            explanation,
            rule: reasons.rule.map(RuleView::from),
            matched: reasons.matched.iter().map(|found| FindingView::new(found, locale)).collect(),
            tried_count: reasons.tried_count,
            tried: reasons
                .tried
                .into_iter()
                .map(|tried| TriedView {
                    why_not: FindingView::new(&tried.why_not, locale),
                    rule: tried.rule.into(),
                })
                .collect(),
            undecided_count: reasons.undecided_count,
        }
    }
}

/// Read why a complaint is on this desk
///
/// The rule that decided, what made it hold, and the rules tried before it.
#[utoipa::path(tag = "desk", operation_id = "getStaffComplaintRouting", security(("bearer" = []), ("api_key" = ["complaints.read"])),
    params(TownPath, ComplaintPath),
    responses((status = 200, description = "Why here.", body = RoutingView)))]
#[get("/v1/municipalities/{municipality}/staff/complaints/{complaint}/routing")]
pub async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ComplaintPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let (decisions, departments) = desk::inbox::routing(store.as_ref(), &ctx, path.complaint).await?;
    let named = |stored: StoredDecision| {
        let id = stored.department;
        let department = departments.iter().find(|department| department.id == id);
        let name = department.map(|department| department.name.to_string()).unwrap_or_default();
        DecisionView::new(stored, DepartmentRef { id, name }, ctx.locale)
    };
    let decisions = decisions.into_iter().take(100).map(named).collect();
    let view = RoutingView { complaint: path.complaint, decisions };
    let bytes = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    Ok(read(&view, EntityTag::content(&bytes), &seen, ctx.locale, Caching::Private))
}
