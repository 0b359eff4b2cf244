//! Why a server's certificate is not taken, by what can be done about it.
//!
//! Errors of all kinds of servers say it in words: our own, or rustls's where another library asks the server for us.

/// What errors say of a certificate that only itself or a stranger vouches for.
pub const NOBODY: &str = "nobody who is trusted here vouches for it";
/// What they say of one that is another server's.
pub const OTHER_NAME: &str = "it was made for a server of another name";

/// Names that are told.
const NAMES: usize = 4;
/// Longest name in the DNS, in bytes.
const LONGEST: usize = 253;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistrust {
    /// Nobody who is trusted vouches for it: a file of certificates may.
    Nobody,
    /// It was made for a server of another name: for these, where that is told.
    OtherName(Vec<String>),
    /// Whoever vouches for it, it cannot be taken.
    Unfit,
}

impl Mistrust {
    /// Of the words of an error of kind [`super::Kind::Certificate`].
    pub fn of(words: &str) -> Self {
        let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
        if says(&[OTHER_NAME, "not valid for name"]) {
            Self::OtherName(names(words))
        } else if says(&[NOBODY, "nobody is trusted", "UnknownIssuer", "BadSignature", "CaUsedAsEndEntity"]) {
            Self::Nobody
        } else {
            Self::Unfit
        }
    }
}

/// The first of those that rustls says a certificate was made for: `DnsName("nas")`, `IpAddress(10.0.0.5)`.
fn names(words: &str) -> Vec<String> {
    let made_for = words.split_once("only valid for ").map_or("", |(_, names)| names);
    let each = made_for.split(", ").flat_map(|some| some.split(" or ")).filter_map(|one| {
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

    use rustls::pki_types::ServerName;
    use rustls::{CertificateError, Error, OtherError};

    use super::*;

    fn of(error: CertificateError) -> Mistrust {
        Mistrust::of(&Error::InvalidCertificate(error).to_string())
    }

    fn of_another(presented: &[&str]) -> Mistrust {
        let expected = ServerName::try_from("nas.example").unwrap().to_owned();
        of(CertificateError::NotValidForNameContext { expected, presented: presented.iter().map(|n| (*n).to_owned()).collect() })
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
        assert_eq!(Mistrust::of(OTHER_NAME), named(&[]));
    }

    #[test]
    fn a_file_helps_only_where_nobody_vouches() {
        let itself = OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity));
        for helped in [CertificateError::UnknownIssuer, CertificateError::BadSignature, CertificateError::Other(itself)] {
            assert_eq!(of(helped.clone()), Mistrust::Nobody, "{helped}");
        }
        assert_eq!(Mistrust::of(NOBODY), Mistrust::Nobody);
        for not in [CertificateError::NotValidYet, CertificateError::Revoked, CertificateError::BadEncoding] {
            assert_eq!(of(not.clone()), Mistrust::Unfit, "{not}");
        }
    }
}
