//! What the steps of a reporter have in common: whose complaint it is, and what is answered.

use domain::{
    Code, Ctx,
    complaints::{Complaint, service::Claim},
    context::Reporter,
    ids::ComplaintId,
};
use infrastructure::secrets::{Purpose, Secrets, hex};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{problem::Problem, time::Time};

/// The header of whoever reported anonymously, for the document: `params(ReturnKeyHeader)`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header that the actor's extractor reads")]
pub struct ReturnKeyHeader {
    /// The return key that was shown when the complaint was filed anonymously, instead of a token.
    #[serde(rename = "Return-Key")]
    #[param(
        required = false,
        nullable = false,
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$",
        example = "9f2c5a7be01d4468a3c1f05e7d9b2a6c8e4f1037"
    )]
    return_key: Option<String>,
}

/// Claims a complaint. Whoever shows neither token nor return key finds what others' complaints are
/// to anybody: nothing.
pub fn claim(ctx: &Ctx<Reporter>, secrets: &Secrets) -> Result<Ctx<Claim>, Problem> {
    let claim = match &ctx.actor {
        Reporter::Person(person) => Claim::Person(person.person),
        Reporter::Anonymous { return_key: Some(key) } => {
            Claim::ReturnKey(hex(&secrets.sign(Purpose::ReturnKey, key.as_bytes())))
        }
        Reporter::Anonymous { return_key: None } | Reporter::Program(_) => {
            return Err(Problem::new(Code::NotFound));
        }
    };
    Ok(ctx.with(claim))
}

/// Where a complaint stands after its reporter's step.
#[derive(Serialize, ToSchema)]
pub struct ComplaintStanding {
    /// Its identifier.
    id: ComplaintId,
    /// Its number for people.
    #[schema(max_length = 24, example = "BD-2026-000123")]
    reference: String,
    /// Where it stands.
    #[schema(max_length = 24, example = "reopened")]
    status: String,
    /// The next date the town hall promises.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    due_at: Option<Time>,
    /// When it last changed.
    updated_at: Time,
}

impl From<Complaint> for ComplaintStanding {
    fn from(complaint: Complaint) -> Self {
        Self {
            id: complaint.id,
            reference: complaint.reference.to_string(),
            status: complaint.status.to_string(),
            due_at: complaint.next_due().map(Time),
            updated_at: complaint.updated_at.into(),
        }
    }
}
