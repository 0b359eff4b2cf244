//! Answers to a server that asks who we are: Basic (RFC 7617) and Digest (RFC 7616).

use std::sync::Mutex;

use http_auth::basic::encode_credentials;
use http_auth::{PasswordClient, PasswordParams};
use ureq::http::header::{HeaderValue, WWW_AUTHENTICATE};
use ureq::http::{HeaderMap, Method, StatusCode};
use url::Url;
use zeroize::Zeroizing;

use super::failure::Failure;
use crate::model::secret::Secret;

pub struct Login {
    user: String,
    password: Option<Secret>,
    /// The server refuses (403) whoever shows no password, without asking; it means Basic.
    refuses: bool,
    /// How the server wants to be answered, once it has asked.
    asked: Mutex<Option<PasswordClient>>,
}

impl Login {
    pub fn new(user: &str, password: Option<Secret>) -> Self {
        Self { user: user.into(), password, refuses: false, asked: Mutex::default() }
    }

    /// For a server that refuses instead of asking.
    pub fn of_refusing(user: &str, password: Option<Secret>) -> Self {
        Self { refuses: true, ..Self::new(user, password) }
    }

    /// For a server that is told nothing.
    pub fn nobody() -> Self {
        Self::new("", None)
    }

    /// Whether an answer asks who we are.
    pub fn is_asked_by(&self, status: StatusCode) -> bool {
        status == StatusCode::UNAUTHORIZED || (self.refuses && status == StatusCode::FORBIDDEN)
    }

    /// What goes with a request. Before the server has asked that is Basic where TLS has proven who it is: to be asked costs the way there
    /// and back. Over an open line it is nothing.
    pub fn answer(&self, method: &Method, url: &Url) -> Result<Option<HeaderValue>, Failure> {
        let Some(password) = &self.password else { return Ok(None) };
        let uri = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let params =
            PasswordParams { username: &self.user, password: password.expose(), uri, method: method.as_str(), body: None };
        let answer = match &mut *self.lock() {
            Some(asked) => Zeroizing::new(asked.respond(&params).map_err(Failure::Nonsense)?),
            None if url.scheme() == "https" => Zeroizing::new(encode_credentials(&self.user, password.expose())),
            None => return Ok(None),
        };
        let mut value = HeaderValue::from_str(&answer).map_err(|_| Failure::Refused)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// Takes in that the server asked (401). `answered`: the request had an answer to it already; that is refused then, unless
    /// the server merely wants it made anew. `first`: the request was not repeated for that reason yet.
    pub fn asked(&self, headers: &HeaderMap, answered: bool, first: bool) -> Result<(), Failure> {
        if self.password.is_none() {
            return Err(Failure::NoPassword);
        }
        let mut challenges: Vec<_> = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
        if self.refuses && challenges.is_empty() {
            challenges.push("Basic realm=\"\"");
        }
        let asked = challenges.into_iter().fold(PasswordClient::builder(), |builder, text| builder.challenges(text)).build();
        let asked = asked.map_err(|why| Failure::Nonsense(format!("asks for a password in a way that is not known: {why}")))?;
        let again = first && matches!(asked, PasswordClient::Digest(_));
        if answered && !again {
            return Err(Failure::Refused);
        }
        *self.lock() = Some(asked);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<PasswordClient>> {
        self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(challenges: &[&'static str]) -> HeaderMap {
        challenges.iter().map(|text| (WWW_AUTHENTICATE, HeaderValue::from_static(text))).collect()
    }

    #[test]
    fn the_password_is_shown_only_where_it_must_be() {
        let url = Url::parse("http://nas/a%20b").unwrap();
        let login = Login::new("ada", Some(Secret::new("lovelace")));
        let answer = || login.answer(&Method::PUT, &url).unwrap();
        assert_eq!(answer(), None, "nobody has asked");
        login.asked(&headers(&["Basic realm=\"x\""]), false, true).unwrap();
        assert_eq!(answer().unwrap().to_str().unwrap(), "Basic YWRhOmxvdmVsYWNl");
        assert!(answer().unwrap().is_sensitive());
        assert!(matches!(login.asked(&headers(&["Basic realm=\"x\""]), true, true), Err(Failure::Refused)));

        let digest = "Digest realm=\"x\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";
        login.asked(&headers(&["Basic realm=\"x\"", digest]), true, true).unwrap();
        let shown = answer().unwrap();
        let shown = shown.to_str().unwrap();
        assert!(shown.starts_with("Digest ") && shown.contains("uri=\"/a%20b\""), "{shown}");
        assert!(!shown.contains("lovelace") && !shown.contains("YWRh"));
        assert!(matches!(login.asked(&headers(&[digest]), true, false), Err(Failure::Refused)));

        assert!(matches!(login.asked(&headers(&["Negotiate"]), false, true), Err(Failure::Nonsense(_))));
        assert!(matches!(login.asked(&headers(&[]), false, true), Err(Failure::Nonsense(_))));
        let nobody = Login::new("ada", None);
        assert!(matches!(nobody.asked(&headers(&["Basic realm=\"x\""]), false, true), Err(Failure::NoPassword)));
    }

    #[test]
    fn over_tls_it_is_shown_at_once_and_anew_where_the_server_wants_digest() {
        let url = Url::parse("https://nas/a").unwrap();
        let login = Login::new("ada", Some(Secret::new("lovelace")));
        let answer = || login.answer(&Method::PUT, &url).unwrap().map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(answer().as_deref(), Some("Basic YWRhOmxvdmVsYWNl"));
        assert!(matches!(login.asked(&headers(&["Basic realm=\"x\""]), true, true), Err(Failure::Refused)));
        login.asked(&headers(&["Digest realm=\"x\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256"]), true, true).unwrap();
        assert!(answer().is_some_and(|shown| shown.starts_with("Digest ")));
        assert_eq!(Login::new("ada", None).answer(&Method::PUT, &url).unwrap(), None);
        assert_eq!(Login::nobody().answer(&Method::PUT, &url).unwrap(), None);
    }

    #[test]
    fn a_refusal_is_a_question_where_the_server_knows_no_other() {
        let url = Url::parse("http://node/").unwrap();
        let login = Login::of_refusing("ada", Some(Secret::new("lovelace")));
        assert!(login.is_asked_by(StatusCode::FORBIDDEN) && !Login::nobody().is_asked_by(StatusCode::FORBIDDEN));
        assert_eq!(login.answer(&Method::POST, &url).unwrap(), None);
        login.asked(&headers(&[]), false, true).unwrap();
        assert_eq!(login.answer(&Method::POST, &url).unwrap().unwrap().to_str().unwrap(), "Basic YWRhOmxvdmVsYWNl");
        assert!(matches!(login.asked(&headers(&[]), true, true), Err(Failure::Refused)));
    }
}
