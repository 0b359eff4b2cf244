//! What an error came from, where a library wraps another one's.

use std::error::Error;
use std::io;

/// The error of this type within one of another library's, however deep.
pub fn within<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An error of the system carries another without naming it as its source.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        at = match carried {
            Some(carried) => Some(carried),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a library's")]
    struct Wraps(#[source] io::Error);

    #[test]
    fn it_is_found_however_deep() {
        let tls = || rustls::Error::DecryptError;
        let twice = io::Error::other(io::Error::other(tls()));
        for carries in [io::Error::other(tls()), twice, io::Error::other(Wraps(io::Error::other(tls())))] {
            assert_eq!(within(&carries), Some(&tls()), "{carries:?}");
        }
        assert_eq!(within(&tls()), Some(&tls()));
        assert_eq!(within::<rustls::Error>(&Wraps(io::Error::other("cut"))), None);
    }
}
