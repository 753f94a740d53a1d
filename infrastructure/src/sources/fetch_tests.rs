use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const LONGEST: usize = 64 * 1024;

/// One that resolves every name to these addresses, and counts how often it is asked.
fn resolving(addresses: &'static [&'static str]) -> (Fetcher, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let look_up: LookUp = Arc::new(move |_, port| {
        counted.fetch_add(1, Ordering::SeqCst);
        let found = addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port));
        let found: Vec<_> = found.collect();
        Box::pin(async move { found })
    });
    (Fetcher { look_up, ..Fetcher::default() }, asked)
}

async fn get(fetcher: &Fetcher, url: &str) -> Result<Bytes, FetchError> {
    let url = url.parse().unwrap();
    let question = Question {
        method: Method::GET,
        url: &url,
        headers: Vec::new(),
        body: Bytes::new(),
        longest: LONGEST,
    };
    fetcher.ask(question).await
}

/// Answers each connection with the same bytes; its address.
async fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    address
}

#[test]
fn only_public_addresses_are_public() {
    for private in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "127.8.9.10",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "2002:c0a8:1::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(private.parse().unwrap()), "{private}");
    }
    for public in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.1",
        "223.255.255.255",
        "2a00:1450::1",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::1",
    ] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
}

#[tokio::test]
async fn names_of_networks_of_one_s_own_are_not_asked() {
    for addresses in [
        ["127.0.0.1"].as_slice(),
        &["169.254.169.254"],
        // A name that is public and private at once.
        &["93.184.216.34", "127.0.0.1"],
        &["::1"],
    ] {
        let (fetcher, asked) = resolving(Box::leak(addresses.to_vec().into_boxed_slice()));
        let refused = get(&fetcher, "https://rebinding.example/").await;
        assert!(matches!(refused, Err(FetchError::NotPublic)), "{addresses:?}: {refused:?}");
        // What was checked is what is connected to: there is no second look-up that could answer otherwise.
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    let fetcher = Fetcher::default();
    for url in [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
        "https://2130706433/",
        "https://0x7f.1/",
    ] {
        assert!(matches!(get(&fetcher, url).await, Err(FetchError::NotPublic)), "{url}");
    }
    for url in ["http://93.184.216.34/", "ftp://example.org/", "file:///etc/passwd", "data:text/plain,x"] {
        assert!(matches!(get(&fetcher, url).await, Err(FetchError::Address)), "{url}");
    }
}

#[tokio::test]
async fn redirects_long_answers_and_silence_are_no_answer() {
    let fetcher = Fetcher { patience: Duration::from_millis(300), ..Fetcher::anywhere() };
    let moved =
        answering(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\ncontent-length: 0\r\n\r\n".to_vec())
            .await;
    assert!(matches!(get(&fetcher, &moved).await, Err(FetchError::Status(302))));
    let long = LONGEST + 1;
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {long}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + long, b' ');
    assert!(matches!(get(&fetcher, &answering(answer).await).await, Err(FetchError::TooLong)));
    let broken = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()).await;
    assert!(matches!(get(&fetcher, &broken).await, Err(FetchError::NoAnswer)));
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    assert!(matches!(get(&fetcher, &silent).await, Err(FetchError::NoAnswer)));
    let good = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec()).await;
    assert_eq!(get(&fetcher, &good).await.unwrap(), "{}");
}

/// Answers each connection with the next of these; its address, and the heads that were sent.
async fn answering_in_turn(answers: Vec<String>) -> (Url, Arc<std::sync::Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/feed", listener.local_addr().unwrap());
    let heads = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = heads.clone();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 4096];
            let length = stream.read(&mut asked).await.unwrap();
            kept.lock().unwrap().push(String::from_utf8_lossy(&asked[..length]).to_lowercase());
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (address.parse().unwrap(), heads)
}

fn moved(to: &str) -> String {
    format!("HTTP/1.1 301 Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn a_page_is_read_where_it_changed_and_followed_where_it_moved() {
    let body = "HTTP/1.1 200 OK\r\netag: \"7\"\r\nlast-modified: Mon, 23 Nov 2026 09:00:00 GMT\r\ncontent-length: 2\r\n\r\nhi";
    let same = "HTTP/1.1 304 Not Modified\r\n\r\n";
    let (url, heads) = answering_in_turn(vec![moved("/new"), body.into(), same.into()]).await;
    let fetcher = Fetcher::anywhere();
    let Page::Body(bytes, mark) = fetcher.get(&url, &Mark::default(), LONGEST).await.unwrap() else {
        panic!()
    };
    assert_eq!((&*bytes, mark.etag.as_deref()), (b"hi".as_slice(), Some("\"7\"")));
    assert_eq!(fetcher.get(&url, &mark, LONGEST).await.unwrap(), Page::Unchanged);
    let heads = heads.lock().unwrap();
    assert!(heads[1].starts_with("get /new ") && !heads[1].contains("if-none-match"), "{}", heads[1]);
    assert!(heads[2].contains("if-none-match: \"7\""), "{}", heads[2]);
    assert!(heads[2].contains("if-modified-since: mon, 23 nov 2026 09:00:00 gmt"), "{}", heads[2]);
}

#[tokio::test]
async fn nobody_sends_us_round_in_circles_or_home() {
    let fetcher = Fetcher::anywhere();
    let (circle, heads) = answering_in_turn(vec![moved("/again"); 9]).await;
    assert!(matches!(fetcher.get(&circle, &Mark::default(), LONGEST).await, Err(FetchError::SentOn)));
    assert_eq!(heads.lock().unwrap().len(), 4);
    for to in ["file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1/"] {
        let (elsewhere, _) = answering_in_turn(vec![moved(to)]).await;
        let refused = fetcher.get(&elsewhere, &Mark::default(), LONGEST).await;
        assert!(matches!(refused, Err(FetchError::Address)), "{to}: {refused:?}");
    }
    // The first address is public by its look-up; where it sends on to is looked up and checked as well.
    let (home, _) = answering_in_turn(vec![moved("http://intranet.example/")]).await;
    let port = home.port().unwrap();
    let look_up: LookUp = Arc::new(move |host, _| {
        let address = if host == "www.example" { [127, 0, 0, 1] } else { [10, 0, 0, 7] };
        Box::pin(async move { vec![SocketAddr::new(address.into(), port)] })
    });
    let public: Vetting = |address| address == IpAddr::from([127, 0, 0, 1]) || is_public(address);
    let fetcher = Fetcher { look_up, vetting: public, insecure: true, ..Fetcher::default() };
    let first = "http://www.example/".parse().unwrap();
    let refused = fetcher.get(&first, &Mark::default(), LONGEST).await;
    assert!(matches!(refused, Err(FetchError::NotPublic)), "{refused:?}");
}
