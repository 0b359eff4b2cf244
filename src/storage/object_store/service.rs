//! Each service's own: its addresses, its credentials and where it looks for them.

use std::env;

use opendal::services::S3;
use opendal::{Operator, Result as Built};
use reqsign_aws_v4::{Credential, DefaultCredentialProvider, RequestSigner, StaticCredentialProvider};
use reqsign_core::ProvideCredentialChain;

use crate::model::location::{AMAZON, Location, S3Folder, Server, bucket};
use crate::model::secret::Secret;
use crate::os::placeholders::of_this_machine;
use crate::storage::access::Access;
use crate::storage::{Error, Kind};

mod azure;
mod google;

/// Where Amazon looks for a bucket whose region nobody says; other services mostly take any.
const USUAL_REGION: &str = "us-east-1";
/// Names where a machine of the cloud's is told its credentials, for all of Amazon's tools.
const AMAZON_METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// A service as it is spoken to.
pub struct Service {
    pub operator: Operator,
    /// What all keys of this place begin with: empty, or with a `/` at its end.
    pub prefix: String,
    /// Whether this may be a machine of the cloud's own, that is told its credentials there.
    pub in_cloud: bool,
    /// As it is asked for what OpenDAL does not know, where there is a key.
    pub bucket: Option<Bucket>,
}

/// A bucket, and what opens it.
pub enum Bucket {
    S3 {
        chain: ProvideCredentialChain<Credential>,
        signer: RequestSigner,
        /// Its own.
        address: String,
        storage_class: String,
    },
    Google {
        chain: ProvideCredentialChain<reqsign_google::Credential>,
        signer: reqsign_google::RequestSigner,
        /// Of the service.
        address: String,
        name: String,
    },
    Azure {
        chain: ProvideCredentialChain<reqsign_azure_storage::Credential>,
        /// Of the account.
        address: String,
        container: String,
    },
}

/// A service's operator, and its bucket.
type Opened = (Built<Operator>, Option<Bucket>);

/// `region`: where S3 says that the bucket lies, if it said so.
pub fn open(location: &Location, access: &dyn Access, region: Option<&str>) -> Result<Service, Error> {
    // One that was kept before they were filled when it was given.
    let filled = of_this_machine().fill(location.clone());
    let location = &filled.map_err(|why| Error::new(Kind::Unfilled, location.display(), &why.in_words()))?;
    let secret = access.password(location);
    let ((operator, bucket), prefix, in_cloud) = match location {
        Location::S3(folder) => {
            (s3(folder, secret, region)?, &folder.prefix, in_cloud(&folder.endpoint, AMAZON_METADATA) && !folder.anonymous)
        }
        Location::Gcs(folder) => (google::open(folder, secret)?, &folder.prefix, google::in_cloud(folder) && !folder.anonymous),
        Location::Azure(folder) => {
            (azure::open(folder, secret)?, &folder.prefix, folder.endpoint.is_empty() && !folder.anonymous)
        }
        _ => return Err(Error::new(Kind::Other, location.display(), "no object store")),
    };
    let operator = operator.map_err(|e| super::failure::judged(&location.display(), &e))?;
    Ok(Service { operator, prefix: within(prefix), in_cloud, bucket })
}

/// Whether this may be a machine that is told its credentials: one of the cloud's own, or one where somebody says by whom.
fn in_cloud(endpoint: &str, metadata: &str) -> bool {
    endpoint.is_empty() || set(metadata).is_some()
}

/// Who tells this machine its credentials for S3, where that is none of Amazon's own addresses.
pub fn metadata() -> Option<Server> {
    set(AMAZON_METADATA).map(|address| bucket::server(&address))
}

fn s3(folder: &S3Folder, secret: Option<Secret>, region: Option<&str>) -> Result<Opened, Error> {
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
    let signer = RequestSigner::new("s3", &region);
    let storage_class = folder.storage_class.clone();
    let bucket = Bucket::S3 { chain: chain(folder, &given), signer, address, storage_class };
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
    if !in_cloud(&folder.endpoint, AMAZON_METADATA) {
        usual = usual.no_imds();
    }
    chain.push(usual.build())
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
