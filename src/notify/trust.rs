//! Whom a server must prove to be: one that the system, or certificates of one's own, vouch for.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Error, Kind};

/// Longest file that is read, in bytes.
const LONGEST: u64 = 4 << 20;

/// The certificates in a PEM file; one at least.
pub fn of_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let unusable =
        |why: String| Error::new(Kind::Settings, format!("{} cannot be used as a file of certificates: {why}", path.display()));
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text)).map_err(|e| unusable(e.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(unusable("it is too long".into()));
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(unusable("no certificate is in it".into())),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unusable(error.to_string())),
    }
}

/// The system's authorities and, where a file is named, those in it.
pub fn authorities(own: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Error> {
    // A system that has none, or of which some cannot be read, trusts fewer servers.
    let mut all = rustls_native_certs::load_native_certs().certs;
    all.extend(own.map(of_file).transpose()?.unwrap_or_default());
    Ok(all)
}

/// Why a server is not trusted, in words; `None` where something else is wrong with the line.
pub fn fault(error: &rustls::Error) -> Option<String> {
    use rustls::CertificateError as Why;
    let rustls::Error::InvalidCertificate(why) = error else { return None };
    Some(match why {
        Why::Expired | Why::ExpiredContext { .. } => "its certificate has expired".into(),
        Why::NotValidYet | Why::NotValidYetContext { .. } => "its certificate is not valid yet".into(),
        Why::UnknownIssuer => "nobody who is trusted here vouches for it".into(),
        Why::NotValidForName | Why::NotValidForNameContext { .. } => {
            "its certificate was made for a server of another name".into()
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_with_a_certificate_is_told() {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert!(fault(&unknown).is_some_and(|why| why.contains("vouches")));
        assert!(fault(&rustls::Error::DecryptError).is_none());
    }

    #[test]
    fn only_a_file_of_certificates_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        assert_eq!(of_file(&path).unwrap_err().kind, Kind::Settings);
        std::fs::write(&path, "hello").unwrap();
        assert!(authorities(Some(&path)).is_err());
    }
}
