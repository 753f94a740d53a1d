//! Who takes part, each with a session of their own. All of them are invented.

use serde_json::json;

use super::letters;
use crate::{
    cli::Failure,
    clock::Clock,
    demo::{
        client::{Answer, Client},
        screen::Screen,
        surroundings::Surroundings,
        town,
    },
};

const CITIZEN: &str = "erika@example.org";

/// Somebody with an account and an iPhone.
pub struct Citizen {
    /// Acts as the citizen.
    pub client: Client,
    /// For the header `Authorization`.
    pub access_token: String,
    /// Renews the session.
    pub refresh_token: String,
    /// The iPhone's token at Apple.
    pub device_token: String,
}

/// An app without an account, on an Android phone.
pub struct Guest {
    /// Acts as the guest.
    pub client: Client,
    /// The phone's token at Google.
    pub device_token: String,
}

/// Somebody at the town hall.
pub struct Colleague {
    /// Acts as them.
    pub client: Client,
    /// What they sign in with.
    pub email: &'static str,
    /// For the header `Authorization`.
    pub access_token: String,
    /// Renews the session.
    pub refresh_token: String,
}

/// The citizen signs in by e-mail and registers an iPhone.
pub async fn citizen(
    on: &Surroundings,
    nobody: &Client,
    clock: &Clock,
    screen: &mut Screen,
) -> Result<Citizen, Failure> {
    nobody.post("/v1/auth/codes", &json!({ "email": CITIZEN, "locale": "de" })).expect(202).await?;
    let letter = letters::to(&on.mail, CITIZEN, |_| true).await?;
    let code = letters::code(&letter.text)?;
    let session = json!({ "email": CITIZEN, "code": code, "device_name": "iPhone" });
    let session = nobody.post("/v1/auth/sessions", &session).expect(201).await?;
    let access_token = session.text("/access_token")?;
    screen.step("citizen", &format!("signs in with the code {code} from the e-mail “{}”", letter.subject));

    let client = nobody.bearer(&access_token);
    let device_token = hex(clock, 4);
    register(&client, clock, "ios", &device_token, "de").await?;
    screen
        .step("iPhone", &format!("registers for push over APNs, in German, token {}…", start(&device_token)));
    Ok(Citizen { client, access_token, refresh_token: session.text("/refresh_token")?, device_token })
}

/// An app starts without an account and registers an Android phone.
pub async fn guest(nobody: &Client, clock: &Clock, screen: &mut Screen) -> Result<Guest, Failure> {
    let session = json!({ "locale": "en", "device_name": "Android phone" });
    let session = nobody.post("/v1/auth/guest-sessions", &session).expect(201).await?;
    let client = nobody.bearer(&session.text("/access_token")?);
    // The form of Google's tokens: the installation, a colon, 140 characters.
    let device_token = format!("dQw4w9WgXcQ:APA91b{}", hex(clock, 8));
    register(&client, clock, "android", &device_token, "en").await?;
    screen.step(
        "Android",
        &format!("a guest without account registers over FCM, token {}…", start(&device_token)),
    );
    Ok(Guest { client, device_token })
}

async fn register(
    client: &Client,
    clock: &Clock,
    platform: &str,
    token: &str,
    locale: &str,
) -> Result<Answer, Failure> {
    let path = format!("/v1/me/devices/{}", clock.uuid());
    let device = json!({ "platform": platform, "token": token, "locale": locale });
    client.put(&path, &device).expect(204).await
}

/// An admin and a clerk of the Ordnungsamt sign in.
pub async fn staff(nobody: &Client, screen: &mut Screen) -> Result<(Colleague, Colleague), Failure> {
    let (admin, clerk) = (sign_in(nobody, town::ADMIN).await?, sign_in(nobody, town::CLERK).await?);
    screen.step("town hall", "an admin and a clerk of the Ordnungsamt sign in with e-mail and password");
    Ok((admin, clerk))
}

/// Somebody at the town hall signs in.
pub async fn sign_in(nobody: &Client, email: &'static str) -> Result<Colleague, Failure> {
    let session = json!({ "email": email, "password": town::PASSWORD });
    let session = nobody.post("/v1/auth/staff-sessions", &session).expect(201).await?;
    let access_token = session.text("/access_token")?;
    let refresh_token = session.text("/refresh_token")?;
    Ok(Colleague { client: nobody.bearer(&access_token), email, access_token, refresh_token })
}

/// Random hexadecimal digits: 32 for each uuid. The first is no letter, as some simulated tokens
/// that begin with letters are dead on purpose.
fn hex(clock: &Clock, quarters: usize) -> String {
    let digits: String = (0..quarters / 2).map(|_| clock.uuid().simple().to_string()).collect();
    format!("1{}", digits.chars().skip(1).collect::<String>())
}

fn start(token: &str) -> String {
    token.chars().take(16).collect()
}
