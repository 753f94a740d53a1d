//! Addresses and methods that are nobody's.

use serde_json::json;

use crate::support::{installation::Installation, on_both};

on_both!(an_unknown_address_is_a_problem, a_wrong_method_is_a_problem);

async fn an_unknown_address_is_a_problem(installation: Installation) {
    installation.get("/v1/nothing").expect_problem(404, "not_found").await;
    let call = installation.post("/v1/nothing", &json!({})).bearer("not a token").header("x-other", "1");
    call.expect_problem(404, "not_found").await;
}

async fn a_wrong_method_is_a_problem(installation: Installation) {
    let answer = installation.delete("/livez").expect_problem(405, "method_not_allowed").await;
    assert!(answer.headers.contains_key("allow"));
}
