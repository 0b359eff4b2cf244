//! Each service's own: its addresses, its credentials and where it looks for them.

use std::env;
use std::fs::File;
use std::io::Read;

use opendal::services::{Azblob, Gcs, S3};
use opendal::{Operator, Result as Built};
use reqsign_aws_v4::{Credential, DefaultCredentialProvider, StaticCredentialProvider};
use reqsign_core::ProvideCredentialChain;
use serde_json::Value;

use crate::model::location::{AMAZON, AzureFolder, GOOGLE, GcsFolder, Location, S3Folder};
use crate::model::secret::Secret;
use crate::os::placeholders::of_this_machine;
use crate::storage::access::Access;
use crate::storage::{Error, Kind};

/// Where Amazon looks for a bucket whose region nobody says; other services mostly take any.
const USUAL_REGION: &str = "us-east-1";
/// Names the file of a key, for all of Google's tools.
const GOOGLE_KEY: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// Bytes of such a file.
const LONGEST_KEY: u64 = 1 << 20;

/// A service as it is spoken to.
pub struct Service {
    pub operator: Operator,
    /// What all keys of this place begin with: empty, or with a `/` at its end.
    pub prefix: String,
    /// Whether this may be a machine of the cloud's own, that is told its credentials there.
    pub in_cloud: bool,
    /// As it is asked for what OpenDAL does not know; of S3 only, where there is a key.
    pub bucket: Option<Bucket>,
    /// Of an account of Azure, in base64, where that is what signs.
    pub key: Option<Secret>,
}

/// A bucket of S3, and what opens it.
pub struct Bucket {
    pub chain: ProvideCredentialChain<Credential>,
    pub region: String,
    pub address: String,
    pub storage_class: String,
}

/// `region`: where S3 says that the bucket lies, if it said so.
pub fn open(location: &Location, access: &dyn Access, region: Option<&str>) -> Result<Service, Error> {
    // One that was kept before they were filled when it was given.
    let filled = of_this_machine().fill(location.clone());
    let location = &filled.map_err(|why| Error::new(Kind::Unfilled, location.display(), &why.in_words()))?;
    let secret = access.password(location);
    let (mut bucket, mut key) = (None, None);
    let (operator, prefix, in_cloud) = match location {
        Location::S3(folder) => {
            let (operator, at) = s3(folder, secret, region)?;
            bucket = at;
            (operator, &folder.prefix, folder.endpoint.is_empty() && !folder.anonymous)
        }
        Location::Gcs(folder) => (gcs(folder, secret)?, &folder.prefix, folder.endpoint.is_empty() && !folder.anonymous),
        Location::Azure(folder) => {
            let (operator, signs) = azure(folder, secret)?;
            key = signs;
            (operator, &folder.prefix, folder.endpoint.is_empty() && !folder.anonymous)
        }
        _ => return Err(Error::new(Kind::Other, location.display(), "no object store")),
    };
    let operator = operator.map_err(|e| super::failure::judged(&location.display(), &e))?;
    Ok(Service { operator, prefix: within(prefix), in_cloud, bucket, key })
}

type S3Opened = (Built<Operator>, Option<Bucket>);

fn s3(folder: &S3Folder, secret: Option<Secret>, region: Option<&str>) -> Result<S3Opened, Error> {
    let endpoint = if folder.endpoint.is_empty() { AMAZON } else { &folder.endpoint };
    let region = match region {
        Some(region) => region.to_owned(),
        None if !folder.region.is_empty() => folder.region.clone(),
        None => set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")).unwrap_or_else(|| USUAL_REGION.into()),
    };
    let mut s3 = S3::default().bucket(&folder.bucket).endpoint(endpoint).region(&region);
    // A name with a dot fits no certificate.
    let in_path = folder.path_style.unwrap_or(!folder.endpoint.is_empty() || folder.bucket.contains('.'));
    if !in_path {
        s3 = s3.enable_virtual_host_style();
    }
    if !folder.storage_class.is_empty() {
        s3 = s3.default_storage_class(&folder.storage_class);
    }
    if folder.anonymous {
        return Ok((Operator::new(s3.skip_signature()), None));
    }
    let named = Some(folder.access_key.clone()).filter(|id| !id.is_empty());
    let given = match (secret, named) {
        (Some(secret), named) => {
            let id = named.or_else(|| set("AWS_ACCESS_KEY_ID"));
            let id = id.ok_or_else(|| of_key(Kind::NoKeyId, "a secret, but no access_key in the address"))?;
            Some((id, secret))
        }
        (None, Some(id)) if set("AWS_ACCESS_KEY_ID").is_some_and(|other| other != id) => {
            return Err(of_key(Kind::NoKey, "AWS_ACCESS_KEY_ID is another key than the address names"));
        }
        (None, _) => None,
    };
    let host = endpoint.replace("//s3.amazonaws.com", &format!("//s3.{region}.amazonaws.com"));
    let address = match in_path {
        true => format!("{host}/{}", folder.bucket),
        false => host.replacen("//", &format!("//{}.", folder.bucket), 1),
    };
    let bucket = Bucket { chain: chain(folder, &given), region, address, storage_class: folder.storage_class.clone() };
    Ok((Operator::new(s3.credential_provider_chain(chain(folder, &given))), Some(bucket)))
}

/// Where the key is looked for, one after the other.
fn chain(folder: &S3Folder, given: &Option<(String, Secret)>) -> ProvideCredentialChain<Credential> {
    let chain = ProvideCredentialChain::new();
    if let Some((id, secret)) = given {
        return chain.push(StaticCredentialProvider::new(id, secret.expose()));
    }
    let mut usual = DefaultCredentialProvider::builder();
    if !folder.profile.is_empty() {
        usual = usual.no_env().with_profile(&folder.profile);
    }
    if !folder.endpoint.is_empty() {
        usual = usual.no_imds();
    }
    chain.push(usual.build())
}

fn gcs(folder: &GcsFolder, secret: Option<Secret>) -> Result<Built<Operator>, Error> {
    let endpoint = if folder.endpoint.is_empty() { GOOGLE } else { &folder.endpoint };
    let mut gcs = Gcs::default().bucket(&folder.bucket).endpoint(endpoint);
    if !folder.storage_class.is_empty() {
        gcs = gcs.default_storage_class(&folder.storage_class);
    }
    if !folder.endpoint.is_empty() {
        gcs = gcs.disable_vm_metadata();
    }
    if folder.anonymous {
        return Ok(Operator::new(gcs.skip_signature()));
    }
    if let Some(secret) = secret {
        let is_account = serde_json::from_str::<Value>(secret.expose()).is_ok_and(|json| json.get("type").is_some());
        if !is_account {
            return Err(of_key(Kind::NotAKey, "it is not the text of a service account's JSON file"));
        }
        let coded = zeroize::Zeroizing::new(data_encoding::BASE64.encode(secret.expose().as_bytes()));
        gcs = gcs.credential(&coded).disable_config_load().disable_vm_metadata();
    } else if let Some(file) = set(GOOGLE_KEY) {
        check_key_file(&file).map_err(|why| of_key(Kind::NotAKey, &format!("{GOOGLE_KEY} names {file}, {why}")))?;
    }
    Ok(Operator::new(gcs))
}

/// Whether a file is one of Google's credentials: what is wrong with it, no library says.
fn check_key_file(file: &str) -> Result<(), String> {
    let mut text = String::new();
    let opened = File::open(file).and_then(|opened| opened.take(LONGEST_KEY).read_to_string(&mut text));
    opened.map_err(|e| format!("which cannot be read ({e})"))?;
    let is_one = serde_json::from_str::<Value>(&text).is_ok_and(|json| json.get("type").is_some());
    if is_one { Ok(()) } else { Err("which is no file of credentials of Google's".into()) }
}

type AzureOpened = (Built<Operator>, Option<Secret>);

fn azure(folder: &AzureFolder, secret: Option<Secret>) -> Result<AzureOpened, Error> {
    let azure = Azblob::default().container(&folder.container).endpoint(&folder.service()).account_name(&folder.account);
    if folder.anonymous {
        return Ok((Operator::new(azure.skip_signature()), None));
    }
    // Of this account, where the environment names one.
    let is_ours = set("AZURE_STORAGE_ACCOUNT").is_none_or(|account| account == folder.account);
    let ours = |name| set(name).filter(|_| is_ours).map(Secret::new);
    let key = secret.or_else(|| ours("AZURE_STORAGE_KEY")).or_else(|| ours("AZURE_STORAGE_SAS_TOKEN"));
    let Some(key) = key else { return Ok((Operator::new(azure), None)) };
    let text = key.expose().trim();
    // A shared access signature is a piece of an address; a key is base64.
    if text.contains("sig=") {
        return Ok((Operator::new(azure.sas_token(text.trim_start_matches('?'))), None));
    }
    if data_encoding::BASE64.decode(text.as_bytes()).is_err() {
        return Err(of_key(Kind::NotAKey, "it is neither an account's key nor a shared access signature"));
    }
    Ok((Operator::new(azure.account_key(text)), Some(Secret::new(text))))
}

/// A variable of the environment that says something.
fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn of_key(kind: Kind, why: &str) -> Error {
    Error::new(kind, "the store's key", why)
}

/// With a `/` at its end, where there is one.
fn within(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
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
