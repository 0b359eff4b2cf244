//! What the newest version has of each source, to compare with what a run finds there: see [`crate::model::shrink`].

use std::fs;

use super::catalog_io::CatalogReader;
use super::scan::{Opened, Root, Roots, is_gone};
use super::{Error, Result, scan};
use crate::model::catalog::EntryKind;
use crate::model::names;
use crate::model::path::{PathBytes, compare_components};
use crate::model::shrink::{Counts, Had, How, Shrunk};
use crate::model::source_spec::SourceSpec;
use crate::os::disk::keeps_inodes;

/// The sources that can be compared, in catalog order.
pub struct Before {
    pub sources: Vec<Source>,
    /// Folders within them that another file system was mounted at when the version was made, and none is now. In catalog order, none
    /// within another.
    pub unmounted: Vec<Source>,
    /// The rules of what is left out are those that the version was made by: else nobody can say why there is less.
    pub same_rules: bool,
}

/// One that the version was made of as well.
pub struct Source {
    /// A catalog path, as in [`Root`].
    pub path: PathBytes,
    pub had: Had,
    /// Of what lies there now, where its file system keeps inodes.
    pub inode: Option<u64>,
}

impl Before {
    /// Counts what a version has of the sources. Of its segments those that begin or end within a source are read, at most two for each.
    /// `unmounted`: whole paths, see [`Self::unmounted`]; what is none within a source is passed over.
    ///
    /// What stands in a damaged segment is not known: such a source is not compared.
    pub fn of(catalog: &CatalogReader, spec: &SourceSpec, unmounted: &[PathBytes]) -> Result<Self> {
        let roots = Roots::new(spec)?;
        let mut sources = Vec::new();
        for root in &roots.all {
            // What is a source since, or lay within another, was chosen by other rules.
            if !catalog.index.sources.contains(&scan::absolute(root.path.as_bytes())) {
                continue;
            }
            sources.extend(source(catalog, &root.path)?);
        }
        let unmounted = below(&sources, unmounted);
        let unmounted: Result<Vec<Option<Source>>> = unmounted.iter().map(|path| source(catalog, path)).collect();
        let unmounted = unmounted?.into_iter().flatten().collect();
        let same_rules = spec.patterns().eq(catalog.index.excludes.iter().map(String::as_str));
        Ok(Self { sources, unmounted, same_rules })
    }

    /// Looks at the sources themselves, before anything is read: which are gone or empty, and which mount points within them are empty.
    /// One that is gone was taken away, as desktops do when a drive is: that is no other than a folder that was deleted.
    pub fn look(&mut self) -> Vec<Shrunk> {
        let mut shrunk = Vec::new();
        for source in &mut self.sources {
            shrunk.extend(source.look().map(|how| source.shrunk(how, Counts::default())));
        }
        self.unmounted.retain_mut(|point| match point.look() {
            Some(How::Missing) => false,
            Some(how) => {
                shrunk.push(point.shrunk(how, Counts::default()));
                true
            }
            None => true,
        });
        shrunk
    }
}

/// What a version has of a source; `None` where it has no file of it, or that cannot be read.
fn source(catalog: &CatalogReader, path: &PathBytes) -> Result<Option<Source>> {
    match had(catalog, path) {
        Ok(had) if had.counts.files > 0 => Ok(Some(Source { path: path.clone(), had, inode: None })),
        Ok(_) | Err(Error::Damaged { .. } | Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Catalog paths of those that lie within a source, and in none of the others.
fn below(sources: &[Source], paths: &[PathBytes]) -> Vec<PathBytes> {
    let paths = paths.iter().filter_map(|path| names::catalog_path(path.as_bytes()).map(PathBytes::new));
    let is_below = |path: &PathBytes| sources.iter().any(|at| *path != at.path && path.is_within(at.path.as_bytes()));
    let mut below: Vec<PathBytes> = paths.filter(is_below).collect();
    below.sort_by(|a, b| compare_components(a.as_bytes(), b.as_bytes()));
    below.dedup_by(|inner, outer| inner.is_within(outer.as_bytes()));
    below
}

impl Source {
    /// Whether it is gone or empty; what cannot be read now the run says.
    fn look(&mut self) -> Option<How> {
        match (Root { path: self.path.clone() }).open() {
            Err(error) if is_gone(&error) => Some(How::Missing),
            Ok(Opened::Folder { folder, meta }) => {
                self.inode = keeps_inodes(&folder).then_some(meta.inode);
                let first = fs::read_dir(scan::absolute(self.path.as_bytes()).as_path()).map(|mut names| names.next());
                matches!(first, Ok(None)).then_some(How::Empty)
            }
            Ok(Opened::Single { .. }) | Err(_) => None,
        }
    }

    pub fn shrunk(&self, how: How, now: Counts) -> Shrunk {
        Shrunk { source: scan::absolute(self.path.as_bytes()), how, had: self.had.counts, now }
    }
}

/// Files of a version at or below a path, and the inode of what lies at it.
fn had(catalog: &CatalogReader, path: &PathBytes) -> Result<Had> {
    let segments = &catalog.index.segments;
    let after = segments.partition_point(|segment| compare_components(segment.first.as_bytes(), path.as_bytes()).is_le());
    let begin = after.saturating_sub(1);
    let mut had = Had::default();
    for (number, segment) in segments.iter().enumerate().skip(begin) {
        let begins_within = segment.first.is_within(path.as_bytes());
        if number > begin && !begins_within {
            break;
        }
        let ends_within = path.is_empty() || segments.get(number + 1).is_some_and(|next| next.first.is_within(path.as_bytes()));
        // The source itself stands in the first of them.
        if begins_within && ends_within && (number > begin || path.is_empty()) {
            had.counts.files += segment.files;
            had.counts.bytes = had.counts.bytes.saturating_add(segment.bytes);
            continue;
        }
        for entry in catalog.heads(number)?.iter().filter(|entry| entry.path.is_within(path.as_bytes())) {
            if entry.path == *path && entry.kind == EntryKind::Folder {
                had.inode = Some(entry.inode);
            }
            if entry.kind == EntryKind::File {
                had.counts.files += 1;
                had.counts.bytes = had.counts.bytes.saturating_add(entry.size);
            }
        }
    }
    Ok(had)
}

#[cfg(test)]
mod tests;
