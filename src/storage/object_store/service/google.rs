//! Google Cloud Storage: its credentials and where it looks for them.

use std::fs::File;
use std::io::Read;

use opendal::Operator;
use opendal::services::Gcs;
use reqsign_core::ProvideCredentialChain;
use reqsign_google::{
    Credential, DefaultCredentialProvider, EnvCredentialProvider, RequestSigner, StaticCredentialProvider,
    VmMetadataCredentialProvider, WellKnownCredentialProvider,
};
use serde_json::Value;

use super::{Bucket, Opened, of_key, set};
use crate::model::location::{GOOGLE, GcsFolder};
use crate::model::secret::Secret;
use crate::storage::{Error, Kind};

/// Names the file of a key, for all of Google's tools,
const GOOGLE_KEY: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// and the host that tells a machine of Google's its credentials.
const METADATA: &str = "GCE_METADATA_HOST";
/// Bytes of such a file.
const LONGEST_KEY: u64 = 1 << 20;
/// What a key is asked for: the same that OpenDAL asks for.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_write";

pub fn open(folder: &GcsFolder, secret: Option<Secret>) -> Result<Opened, Error> {
    let endpoint = if folder.endpoint.is_empty() { GOOGLE } else { &folder.endpoint };
    let mut gcs = Gcs::default().bucket(&folder.bucket).endpoint(endpoint);
    if !folder.storage_class.is_empty() {
        gcs = gcs.default_storage_class(&folder.storage_class);
    }
    if !in_cloud(folder) {
        gcs = gcs.disable_vm_metadata();
    }
    if folder.anonymous {
        return Ok((Operator::new(gcs.skip_signature()), None));
    }
    if let Some(secret) = &secret {
        let is_account = serde_json::from_str::<Value>(secret.expose()).is_ok_and(|json| json.get("type").is_some());
        if !is_account {
            return Err(of_key(Kind::NotAKey, "it is not the text of a service account's JSON file"));
        }
        let coded = zeroize::Zeroizing::new(data_encoding::BASE64.encode(secret.expose().as_bytes()));
        gcs = gcs.credential(&coded).disable_config_load().disable_vm_metadata();
    } else if let Some(file) = set(GOOGLE_KEY) {
        check_key_file(&file).map_err(|why| of_key(Kind::NotAKey, &format!("{GOOGLE_KEY} names {file}, {why}")))?;
    }
    let chain = chain(folder, secret.as_ref());
    let signer = RequestSigner::new("storage").with_scope(SCOPE);
    let bucket = Bucket::Google { chain, signer, address: endpoint.to_owned(), name: folder.bucket.clone() };
    Ok((Operator::new(gcs), Some(bucket)))
}

/// Whether this may be a machine that is told its credentials.
pub fn in_cloud(folder: &GcsFolder) -> bool {
    super::in_cloud(&folder.endpoint, METADATA)
}

/// Where the key is looked for, as OpenDAL does.
fn chain(folder: &GcsFolder, secret: Option<&Secret>) -> ProvideCredentialChain<Credential> {
    let chain = ProvideCredentialChain::new();
    if let Some(secret) = secret {
        return chain.push(StaticCredentialProvider::new(secret.expose()).with_scope(SCOPE));
    }
    let usual = DefaultCredentialProvider::builder()
        .env(EnvCredentialProvider::new().with_scope(SCOPE))
        .well_known(WellKnownCredentialProvider::new().with_scope(SCOPE));
    let usual = match in_cloud(folder) {
        true => usual.vm_metadata(VmMetadataCredentialProvider::new().with_scope(SCOPE)),
        false => usual.no_vm_metadata(),
    };
    chain.push(usual.build())
}

/// Whether a file is one of Google's credentials: what is wrong with it, no library says.
fn check_key_file(file: &str) -> Result<(), String> {
    let mut text = String::new();
    let opened = File::open(file).and_then(|opened| opened.take(LONGEST_KEY).read_to_string(&mut text));
    opened.map_err(|e| format!("which cannot be read ({e})"))?;
    let is_one = serde_json::from_str::<Value>(&text).is_ok_and(|json| json.get("type").is_some());
    if is_one { Ok(()) } else { Err("which is no file of credentials of Google's".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_key_of_googles_is_told_from_one_that_is_away() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        assert_eq!(check_key_file(&file("good", r#"{"type":"authorized_user"}"#)), Ok(()));
        for (name, text) in [("broken", "{\"type\":"), ("other", "{}"), ("empty", "")] {
            assert!(check_key_file(&file(name, text)).is_err_and(|why| why.contains("no file of credentials")), "{name}");
        }
        assert!(check_key_file("/nonexistent/key.json").is_err_and(|why| why.contains("cannot be read")));
    }
}
