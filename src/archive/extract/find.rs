//! Where in a catalog a path stands.

use std::collections::VecDeque;

use super::content::Spot;
use crate::archive::catalog_io::CatalogReader;
use crate::archive::select::segment_of;
use crate::model::path::PathBytes;

/// Looks entries up by path; keeps the paths of the segments it used last, since hard links mostly lie near each other.
pub struct Finder<'a> {
    catalog: &'a CatalogReader,
    kept: VecDeque<(usize, Vec<PathBytes>)>,
}

impl<'a> Finder<'a> {
    const KEPT: usize = 6;

    pub fn new(catalog: &'a CatalogReader) -> Self {
        Self { catalog, kept: VecDeque::new() }
    }

    /// `None` where there is no such entry, or its segment cannot be read.
    pub fn find(&mut self, path: &PathBytes) -> Option<Spot> {
        let segment = segment_of(self.catalog, path.as_bytes());
        match self.kept.iter().position(|(number, _)| *number == segment) {
            Some(at) => {
                let found = self.kept.remove(at)?;
                self.kept.push_back(found);
            }
            None => {
                let paths = self.catalog.heads(segment).ok()?.into_iter().map(|entry| entry.path).collect();
                self.kept.push_back((segment, paths));
                if self.kept.len() > Self::KEPT {
                    self.kept.pop_front();
                }
            }
        }
        let (_, paths) = self.kept.back()?;
        paths.binary_search(path).ok().map(|entry| Spot { segment, entry })
    }
}
