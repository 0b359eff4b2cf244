//! Looks into a version without reading all of it: children of a folder, search, sums.

use super::Result;
use super::catalog_io::CatalogReader;
use crate::model::catalog::Row;
use crate::model::path::PathBytes;
use crate::model::run::Cancel;

/// Immediate children of `folder` (catalog path; empty: the sources), from row `skip`, at most `limit`; and how many there are in
/// all. Skips whole segments below a child. Folders carry the sums of what lies below them.
pub fn children(
    _catalog: &CatalogReader,
    _folder: &[u8],
    _skip: usize,
    _limit: usize,
    _cancel: &Cancel,
) -> Result<(Vec<Row>, usize)> {
    todo!()
}

/// Entries whose name holds `text`, without regard to case; at most `limit`.
pub fn find(_catalog: &CatalogReader, _text: &str, _limit: usize, _cancel: &Cancel) -> Result<Vec<Row>> {
    todo!()
}

/// Files and bytes below `paths` without those below `except`. Longer rules win, as in a tree of checkboxes.
pub fn sum(_catalog: &CatalogReader, _paths: &[PathBytes], _except: &[PathBytes], _cancel: &Cancel) -> Result<(u64, u64)> {
    todo!()
}
