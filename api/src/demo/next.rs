//! After the play: what to try by hand, and what arrives while it goes on serving.

use simulators::watch::print_requests;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    play::Cast,
    screen::{paragraph, to_copy},
    surroundings::Surroundings,
    town,
};
use crate::cli::Failure;

/// Ready lines for a shell, with the play's own names and tokens.
pub fn suggest(on: &Surroundings, cast: &Cast, trial: &str) {
    let (base, town) = (&on.base, format!("{}{}", on.base, town::path()));
    let (citizen, clerk) = (&cast.citizen.access_token, &cast.clerk.access_token);
    paragraph(&format!(
        "Still serving at {base}. Documentation: {base}/docs. The tokens below are good for 15 minutes. What arrives \
         at the stand-ins is shown here. Ctrl-C stops.",
    ));
    to_copy("What anyone may know", &format!("curl -s {town}/categories"));
    to_copy(
        "A report as the citizen",
        &format!(
            "curl -s {town}/complaints -H 'Authorization: Bearer {citizen}' -H 'Content-Type: application/json' -d \
             '{{\"category\":\"pothole\",\"description\":\"A deep hole.\",\"location\":{{\"lat\":51.592,\"lon\":12.585}}}}'"
        ),
    );
    to_copy(
        "The citizen's reports",
        &format!("curl -s {base}/v1/me/complaints -H 'Authorization: Bearer {citizen}'"),
    );
    to_copy("What everybody sees of them", &format!("curl -s {town}/complaints"));
    to_copy(
        "The inbox as the clerk",
        &format!("curl -s {town}/staff/complaints -H 'Authorization: Bearer {clerk}'"),
    );
    to_copy(
        "Why the report went where it went",
        &format!(
            "curl -s {base}{}/routing -H 'Accept-Language: en' -H 'Authorization: Bearer {clerk}'",
            cast.report.staff_path()
        ),
    );
    to_copy(
        "The page behind the link in the office's letter, for a browser: the report is open again",
        &cast.desk_link,
    );
    to_copy(
        "A fresh token for the town hall's admin",
        &format!(
            "curl -s {base}/v1/auth/staff-sessions -H 'Content-Type: application/json' -d \
             '{{\"email\":\"{}\",\"password\":\"{}\"}}'",
            cast.admin.email,
            town::PASSWORD,
        ),
    );
    to_copy(
        "Sessions and ids for a program that tries the API, such as Schemathesis (see README.md)",
        &format!("set -a; . {trial}; set +a"),
    );
}

/// Shows pushes and letters as they arrive, until Ctrl-C or SIGTERM.
pub async fn watch(on: &Surroundings) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    on.apns.forget_requests();
    on.fcm.forget_requests();
    on.mail.forget_mails();
    let letters = async {
        loop {
            let mail = on.mail.next_mail().await;
            println!("{mail}\n{}\n", mail.text);
        }
    };
    tokio::select! {
        () = print_requests(&on.apns, false) => {}
        () = print_requests(&on.fcm, false) => {}
        () = letters => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
