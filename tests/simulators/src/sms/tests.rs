use super::*;

const GOOD: &str =
    "username=rathaus&password=simulated&from=Rathaus&to=%2B491711234567&charset=UTF-8&coding=0&text=Hallo";

async fn ask(sms: &SmsSimulator, query: &str) -> CalledBack {
    Caller::new().get(&format!("{}?{query}", sms.url())).await
}

#[tokio::test]
async fn what_is_right_is_taken_and_what_is_not_is_named() {
    let sms = SmsSimulator::start(Config::default()).await.unwrap();
    assert_eq!(ask(&sms, GOOD).await.status, 202);
    for (query, status, sentence) in [
        (GOOD.replace("simulated", "guess"), 403, "wrong username or password"),
        (GOOD.replace("&to=%2B49", "&to=0049"), 400, "E.164"),
        (GOOD.replace("Hallo", "%E2%80%9E"), 400, "7-bit"),
        (GOOD.replace("coding=0", "coding=2"), 400, "UCS-2"),
        (GOOD.replace("Hallo", ""), 400, "empty"),
        (format!("{GOOD}&colour=red"), 400, "no parameter colour"),
        (format!("{GOOD}&text=again"), 400, "twice"),
        (format!("{GOOD}&dlr-mask=31"), 400, "dlr-mask without"),
        (format!("{GOOD}&dlr-mask=31&dlr-url=http://x/"), 400, "%d"),
        (format!("{GOOD}&validity=0"), 400, "validity"),
    ] {
        assert_eq!(ask(&sms, &query).await.status, status, "{query}");
        assert!(sms.violations().last().unwrap().contains(sentence), "{query}");
    }
    assert_eq!(sms.counts().accepted, 1);
    assert_eq!(sms.messages()[0].text, "Hallo");
    sms.stop().await;
}

#[tokio::test]
async fn the_script_comes_first() {
    let sms = SmsSimulator::start(Config::default()).await.unwrap();
    sms.script("+491711234567", [Answer::Busy, Answer::CutAfter, Answer::Queue]);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(ask(&sms, GOOD).await.status);
    }
    assert_eq!(statuses, [503, 0, 202, 202]);
    assert_eq!(sms.violations(), Vec::<String>::new());
}
