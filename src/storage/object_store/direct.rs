//! Requests to a store that OpenDAL does not know, or makes only of what lies in memory.

use std::sync::Arc;

use http::{HeaderMap, Method, Request, header, request};
use opendal::HttpTransporter;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqsign_aws_v4::Credential;
use reqsign_core::{Context, OsEnv, ProvideCredentialChain, SignRequest, Signer, SigningCredential};
use reqsign_file_read_tokio::TokioFileRead;

use super::body::Content;
use super::fault::Fault;
use super::wire::{Answer, Wire};

/// What stays itself in an address that is signed.
pub const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const PLAIN_PATH: &AsciiSet = &PLAIN.remove(b'/');

pub struct Direct<C: SigningCredential = Credential> {
    wire: Arc<Wire>,
    signer: Signer<C>,
    /// Of S3 the bucket's own, of others the service's.
    address: String,
}

impl<C: SigningCredential> Direct<C> {
    /// `transport`: by which credentials are asked for.
    pub fn new(
        wire: Arc<Wire>,
        transport: HttpTransporter,
        address: String,
        chain: ProvideCredentialChain<C>,
        signer: impl SignRequest<Credential = C>,
    ) -> Self {
        let context = Context::new().with_file_read(TokioFileRead).with_env(OsEnv).with_http_send(transport);
        Self { wire, signer: Signer::new(context, chain, signer), address }
    }

    /// Signs a request anew where it is signed already.
    pub async fn sign(&self, parts: &mut request::Parts) -> Result<(), Fault> {
        self.signer.sign(parts, None).await.map_err(|e| Fault::Strange(e.to_string()))?;
        // The client puts it there itself.
        parts.headers.remove(header::HOST);
        Ok(())
    }

    /// `rest`: what follows the address, as it stands there. Answers are as [`Wire::send`] gives them: also 404, 409 and 412.
    pub async fn ask(&self, method: Method, rest: &str, headers: HeaderMap, content: &Content) -> Result<Answer, Fault> {
        let request = Request::builder().method(method).uri(format!("{}{rest}", self.address)).body(());
        let (mut parts, ()) = request.map_err(|e| Fault::Strange(e.to_string()))?.into_parts();
        parts.headers = headers;
        self.sign(&mut parts).await?;
        self.wire.send(&parts, content).await
    }
}

/// A key as it stands behind the bucket's address.
pub fn path(key: &str) -> String {
    format!("/{}", utf8_percent_encode(key, PLAIN_PATH))
}
