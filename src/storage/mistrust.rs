//! Why a server's certificate is not taken, by what can be done about it.

use rustls::CertificateError;

use super::{Error, Kind};

/// Names that are told.
const NAMES: usize = 4;
/// Longest name in the DNS, in bytes.
const LONGEST: usize = 253;

/// The source of an error of kind [`Kind::Certificate`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistrust {
    /// Only itself or a stranger vouches for it: a file of certificates may.
    #[error("nobody who is trusted here vouches for it")]
    Nobody,
    /// The same of any server.
    #[error("nobody is trusted on this computer")]
    NobodyAtAll,
    /// It was made for a server of another name: for these, where that is told.
    #[error("it was made for a server of another name")]
    OtherName(Vec<String>),
    /// Whoever vouches for it, it cannot be taken.
    #[error("{0}")]
    Unfit(String),
}

impl Mistrust {
    /// Of one that has not run out.
    pub fn of(why: &CertificateError) -> Self {
        match why {
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::Unfit("it is not valid yet".into())
            }
            // Also somebody else under the name of one who is trusted.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Nobody,
            CertificateError::NotValidForName => Self::OtherName(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => Self::OtherName(names(presented)),
            // Signed by itself, as many boxes come.
            other if is_its_own_authority(other) => Self::Nobody,
            other => Self::Unfit(other.to_string()),
        }
    }

    /// What an error says of a certificate.
    pub fn within(error: &Error) -> Option<&Self> {
        error.source.get_ref()?.downcast_ref()
    }

    /// `context`: the server that it is about.
    pub fn into_error(self, context: impl Into<String>) -> Error {
        Error { kind: Kind::Certificate, context: context.into(), source: std::io::Error::other(self) }
    }
}

/// Whether a server shows a certificate that is an authority's own.
pub fn is_its_own_authority(error: &CertificateError) -> bool {
    let CertificateError::Other(other) = error else { return false };
    other.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// The first of those that rustls says a certificate was made for: `DnsName("nas")`, `IpAddress(10.0.0.5)`.
fn names(presented: &[String]) -> Vec<String> {
    let each = presented.iter().filter_map(|one| {
        let name = one.strip_prefix("DnsName(\"").and_then(|name| name.strip_suffix("\")"));
        name.or_else(|| one.strip_prefix("IpAddress(").and_then(|name| name.strip_suffix(')')))
    });
    let is_name = |name: &&str| {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*' | ':');
        (1..=LONGEST).contains(&name.len()) && name.chars().all(is_fit)
    };
    each.filter(is_name).take(NAMES).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;
    use rustls::pki_types::ServerName;

    use super::*;

    fn of_another(presented: &[&str]) -> Mistrust {
        let expected = ServerName::try_from("nas.example").unwrap().to_owned();
        let presented = presented.iter().map(|name| (*name).to_owned()).collect();
        Mistrust::of(&CertificateError::NotValidForNameContext { expected, presented })
    }

    #[test]
    fn the_names_that_it_was_made_for_are_told() {
        let named = |names: &[&str]| Mistrust::OtherName(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(of_another(&["DnsName(\"box.example\")"]), named(&["box.example"]));
        let several = ["DnsName(\"a\")", "IpAddress(10.0.0.5)", "DirectoryName", "DnsName(\"*.example\")"];
        assert_eq!(of_another(&several), named(&["a", "10.0.0.5", "*.example"]));
        assert_eq!(of_another(&["DnsName(\"a\u{1b}[31m\")", "DnsName(\"\")"]), named(&[]), "nor what is no name");
        assert_eq!(of_another(&[]), named(&[]));
        assert_eq!(of_another(&["DnsName(\"a\")"; 9]), named(&["a"; NAMES]));
        assert_eq!(Mistrust::of(&CertificateError::NotValidForName), named(&[]));
    }

    #[test]
    fn a_file_helps_only_where_nobody_vouches() {
        let itself = OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity));
        for helped in [CertificateError::UnknownIssuer, CertificateError::BadSignature, CertificateError::Other(itself)] {
            assert_eq!(Mistrust::of(&helped), Mistrust::Nobody, "{helped}");
        }
        for not in [CertificateError::NotValidYet, CertificateError::Revoked, CertificateError::BadEncoding] {
            assert!(matches!(Mistrust::of(&not), Mistrust::Unfit(_)), "{not}");
        }
    }

    #[test]
    fn an_error_carries_it() {
        let error = Mistrust::Nobody.into_error("ftps://nas/b");
        assert_eq!((error.kind, Mistrust::within(&error)), (Kind::Certificate, Some(&Mistrust::Nobody)));
        // Whatever its words.
        let words = Mistrust::Nobody.to_string();
        assert_eq!(Mistrust::within(&Error::new(Kind::Certificate, "ftps://nas/b", &words)), None);
    }
}
