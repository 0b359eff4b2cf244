//! Azure Blob Storage: its credentials and where it looks for them.

use opendal::Operator;
use opendal::services::Azblob;
use reqsign_azure_storage::{Credential, DefaultCredentialProvider, StaticCredentialProvider};
use reqsign_core::ProvideCredentialChain;

use super::{Bucket, Opened, of_key, set};
use crate::model::location::AzureFolder;
use crate::model::secret::Secret;
use crate::storage::{Error, Kind};

pub fn open(folder: &AzureFolder, secret: Option<Secret>) -> Result<Opened, Error> {
    let address = folder.service();
    let azure = Azblob::default().container(&folder.container).endpoint(&address).account_name(&folder.account);
    if folder.anonymous {
        return Ok((Operator::new(azure.skip_signature()), None));
    }
    // Of this account, where the environment names one.
    let is_ours = set("AZURE_STORAGE_ACCOUNT").is_none_or(|account| account == folder.account);
    let ours = |name| set(name).filter(|_| is_ours).map(Secret::new);
    let key = secret.or_else(|| ours("AZURE_STORAGE_KEY")).or_else(|| ours("AZURE_STORAGE_SAS_TOKEN"));
    if let Some(key) = &key
        && !is_signature(key)
        && data_encoding::BASE64.decode(key.expose().trim().as_bytes()).is_err()
    {
        return Err(of_key(Kind::NotAKey, "it is neither an account's key nor a shared access signature"));
    }
    let chain = || chain(folder, key.as_ref(), is_ours);
    let bucket = Bucket::Azure { chain: chain(), address, container: folder.container.clone() };
    Ok((Operator::new(azure.credential_provider_chain(chain())), Some(bucket)))
}

/// A shared access signature is a piece of an address; a key is base64.
fn is_signature(key: &Secret) -> bool {
    key.expose().contains("sig=")
}

/// Where the key is looked for. `is_ours`: what the environment has is of this account.
fn chain(folder: &AzureFolder, key: Option<&Secret>, is_ours: bool) -> ProvideCredentialChain<Credential> {
    let chain = ProvideCredentialChain::new();
    let Some(key) = key else {
        let usual = DefaultCredentialProvider::builder();
        return chain.push(if is_ours { usual } else { usual.no_env() }.build());
    };
    let text = key.expose().trim();
    chain.push(match is_signature(key) {
        true => StaticCredentialProvider::new_sas_token(text.trim_start_matches('?')),
        false => StaticCredentialProvider::new_shared_key(&folder.account, text),
    })
}
