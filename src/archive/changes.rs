//! What may be left unread: the scan merged with the parent's catalog (FORMAT §3).
