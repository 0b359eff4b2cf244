//! Who may vouch for a server over TLS: whom the system trusts, and certificates of one's own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Error, Kind};

/// Longest file that is read: all authorities of a system in one.
const LONGEST: u64 = 4 << 20;

/// The system's authorities and, where a file is named, those in it.
pub fn trusted(ca_file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Error> {
    // A system that has none, or of which some cannot be read, trusts fewer servers.
    let mut all = rustls_native_certs::load_native_certs().certs;
    if let Some(path) = ca_file {
        all.extend(of_file(path)?);
    }
    Ok(all)
}

/// The certificates in a PEM file; one at least.
pub fn of_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let failed = |source: io::Error| Error { kind: Kind::CaFile, context: path.display().to_string(), source };
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text)).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(failed(io::Error::other("it is too long")));
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|e| failed(io::Error::other(e.to_string())))?;
    if certificates.is_empty() {
        return Err(failed(io::Error::other("no certificate is in it")));
    }
    for certificate in &certificates {
        RootCertStore::empty().add(certificate.clone()).map_err(|e| failed(io::Error::other(e.to_string())))?;
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_certificates_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        assert_eq!(of_file(&path).unwrap_err().kind, Kind::CaFile);
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for text in ["", "hello", broken, key, "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(of_file(&path).unwrap_err().kind, Kind::CaFile, "{text}");
            assert!(trusted(Some(&path)).is_err());
        }
    }
}
