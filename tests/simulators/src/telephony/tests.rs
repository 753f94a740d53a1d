use super::*;

async fn ask(phone: &TelephonySimulator, resource: &str, token: &str, given: &[(&str, &str)]) -> CalledBack {
    let url = format!("{}/2010-04-01/Accounts/{}/{resource}.json", phone.base_url(), phone.account_sid());
    let credentials = STANDARD.encode(format!("{}:{token}", phone.account_sid()));
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_str(&format!("Basic {credentials}")).unwrap());
    Caller::new().post(&url, headers, owned(given)).await
}

const MESSAGE: [(&str, &str); 3] = [("To", "+491711234567"), ("From", "Rathaus"), ("Body", "Hallo")];

#[tokio::test]
async fn what_is_right_is_taken_and_what_is_not_is_named() {
    let phone = TelephonySimulator::start(Config::default()).await.unwrap();
    let token = phone.auth_token().to_owned();
    let taken = ask(&phone, "Messages", &token, &MESSAGE).await;
    assert_eq!(taken.status, 201);
    assert!(taken.body.contains("\"sid\":\"SM"));
    for (resource, token, given, code) in [
        ("Messages", "guess", MESSAGE.to_vec(), "20003"),
        ("Letters", &token, MESSAGE.to_vec(), "20404"),
        ("Messages", &token, vec![("To", "0171"), MESSAGE[1], MESSAGE[2]], "21211"),
        ("Messages", &token, vec![MESSAGE[0], MESSAGE[1]], "21602"),
        ("Messages", &token, vec![MESSAGE[0], MESSAGE[2]], "21603"),
        ("Messages", &token, vec![MESSAGE[0], MESSAGE[1], MESSAGE[2], ("Colour", "red")], "20001"),
        ("Calls", &token, vec![MESSAGE[0], MESSAGE[1], ("Url", "somewhere")], "21205"),
    ] {
        let refused = ask(&phone, resource, token, &given).await;
        assert!(refused.body.contains(&format!("\"code\":{code}")), "{resource} {given:?}: {}", refused.body);
    }
    phone.script("+491711234567", [Answer::Error(429, 20429)]);
    assert_eq!(ask(&phone, "Messages", &token, &MESSAGE).await.status, 429);
    assert_eq!(phone.texts_to("+491711234567"), ["Hallo"]);
    phone.stop().await;
}
