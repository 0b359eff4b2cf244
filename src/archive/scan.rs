//! Walks the sources in catalog order, leaving out what the rules say.

// Filled by the scan's builder: `Scan::new(&SourceSpec, avoid: &[(dev, inode)])`, an iterator of found entries with
// metadata (statx relative to the opened folder), warnings beside.
