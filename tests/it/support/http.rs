//! A small client that says what it expects.

use reqwest::{
    RequestBuilder, StatusCode,
    header::{self, HeaderMap},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A request about to be sent.
pub struct Call(pub RequestBuilder);

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Call {
    pub fn bearer(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub async fn send(self) -> Answer {
        let response = self.0.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    /// Sends, expects the status, and reads the body as JSON.
    pub async fn expect<T: DeserializeOwned>(self, status: u16) -> T {
        let answer = self.send().await;
        assert_eq!(answer.status, status, "{}", answer.body);
        answer.json()
    }

    /// Sends once for each language and expects a complete problem (RFC 9457) in it.
    pub async fn expect_problem(self, status: u16, code: &str) -> Answer {
        let english = Self(self.0.try_clone().unwrap()).problem_in("en", status, code).await;
        let german = self.problem_in("de", status, code).await;
        for text in ["title", "detail"] {
            assert_ne!(german.json::<Value>()[text], english.json::<Value>()[text]);
        }
        english
    }

    /// Sends, and expects a complete problem in this language.
    pub async fn problem_in(self, language: &str, status: u16, code: &str) -> Answer {
        let answer = self.header("accept-language", language).send().await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{}", answer.body);
        assert_eq!(answer.headers[header::CONTENT_LANGUAGE], language);
        let problem: Value = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        for text in ["type", "title", "detail", "instance"] {
            assert!(problem[text].as_str().is_some_and(|text| !text.is_empty()), "{text} of {problem}");
        }
        answer
    }
}

impl Answer {
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
