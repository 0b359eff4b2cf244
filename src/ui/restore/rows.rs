//! The rows of a version's tree: flattened, paged and lazy. A million rows cost what is on screen.
//!
//! Each open folder knows how many rows show below it, so the row at any height is found by walking open folders only.

use std::collections::{BTreeMap, HashMap};

use crate::model::catalog::{Row, RowKind};
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};

/// Rows in one answer of the engine.
pub const PAGE: usize = 500;
/// Pages an open folder keeps; those farthest from the newest go first and are asked for again when seen.
const KEPT_PAGES: usize = 24;

/// Which page of which folder is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageKey {
    pub folder: PathBytes,
    pub page: usize,
}

impl PageKey {
    pub fn skip(&self) -> usize {
        self.page * PAGE
    }
}

/// A row on screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown<'a> {
    /// 0 for a source.
    pub depth: usize,
    pub content: Content<'a>,
    /// The folder it lies in.
    pub folder: &'a PathBytes,
    /// Among its folder's children.
    pub index: usize,
    pub open: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    Row(&'a Row),
    /// Its page is on its way, or has yet to be asked for.
    Loading(PageKey),
    Failed(&'a Problem),
}

#[derive(Debug, Default)]
struct Folder {
    path: PathBytes,
    /// Children in all; `None` until the first page is there: one placeholder stands for them.
    total: Option<usize>,
    pages: HashMap<usize, Result<Vec<Row>, Problem>>,
    /// Open folders among the children, by index.
    open: BTreeMap<usize, Folder>,
    /// Rows that show below this folder.
    visible: usize,
}

/// The tree of one version; its root's children are the sources.
#[derive(Debug)]
pub struct Tree {
    root: Folder,
}

impl Default for Tree {
    fn default() -> Self {
        Self { root: Folder::new(PathBytes::default()) }
    }
}

impl Folder {
    fn new(path: PathBytes) -> Self {
        Self { path, visible: 1, ..Self::default() }
    }

    /// Children, or the one placeholder.
    fn slots(&self) -> usize {
        self.total.unwrap_or(1)
    }

    fn recount(&mut self) {
        self.visible = self.slots() + self.open.values().map(|f| f.visible).sum::<usize>();
    }

    fn child(&self, index: usize) -> Option<&Row> {
        self.pages.get(&(index / PAGE))?.as_ref().ok()?.get(index % PAGE)
    }

    fn content(&self, index: usize) -> Content<'_> {
        let page = index / PAGE;
        match self.pages.get(&page) {
            Some(Ok(rows)) => match rows.get(index % PAGE) {
                Some(row) => Content::Row(row),
                None => Content::Loading(PageKey { folder: self.path.clone(), page }),
            },
            Some(Err(problem)) => Content::Failed(problem),
            None => Content::Loading(PageKey { folder: self.path.clone(), page }),
        }
    }

    /// The row at `at` among those that show below this folder.
    fn row(&self, mut at: usize, depth: usize) -> Option<Shown<'_>> {
        let mut next = 0;
        for (index, folder) in &self.open {
            // Closed children from `next` up to and including the open one's own row.
            let own = index + 1 - next;
            if at < own {
                break;
            }
            at -= own;
            next = index + 1;
            if at < folder.visible {
                return folder.row(at, depth + 1);
            }
            at -= folder.visible;
        }
        let index = next + at;
        (index < self.slots()).then(|| Shown {
            depth,
            content: self.content(index),
            folder: &self.path,
            index,
            open: self.open.contains_key(&index),
        })
    }

    /// Where a child's own row stands among those below this folder.
    fn height_of(&self, index: usize) -> usize {
        index + self.open.range(..index).map(|(_, f)| f.visible).sum::<usize>()
    }

    fn find_mut(&mut self, path: &PathBytes) -> Option<&mut Folder> {
        if self.path == *path {
            return Some(self);
        }
        self.open.values_mut().find(|f| path.is_within(f.path.as_bytes()))?.find_mut(path)
    }

    fn find(&self, path: &PathBytes) -> Option<&Folder> {
        if self.path == *path {
            return Some(self);
        }
        self.open.values().find(|f| path.is_within(f.path.as_bytes()))?.find(path)
    }

    /// The own row of a folder that is open.
    fn row_of(&self, path: &PathBytes) -> Option<&Row> {
        let (index, folder) = self.open.iter().find(|(_, f)| path.is_within(f.path.as_bytes()))?;
        if folder.path == *path { self.child(*index) } else { folder.row_of(path) }
    }

    /// Counts again along the way to a folder that has changed.
    fn recount_to(&mut self, path: &PathBytes) {
        if self.path != *path
            && let Some(folder) = self.open.values_mut().find(|f| path.is_within(f.path.as_bytes()))
        {
            folder.recount_to(path);
        }
        self.recount();
    }

    fn make_room(&mut self, page: usize) {
        while self.pages.len() >= KEPT_PAGES {
            let Some(farthest) = self.pages.keys().copied().max_by_key(|p| p.abs_diff(page)) else { return };
            self.pages.remove(&farthest);
        }
    }
}

impl Tree {
    /// Rows that show.
    pub fn len(&self) -> usize {
        self.root.visible
    }

    pub fn is_empty(&self) -> bool {
        self.root.total == Some(0)
    }

    pub fn row(&self, at: usize) -> Option<Shown<'_>> {
        self.root.row(at, 0)
    }

    /// Children of an open folder, once known.
    pub fn children(&self, folder: &PathBytes) -> Option<usize> {
        self.root.find(folder)?.total
    }

    /// Files and bytes of an open folder, from its own row where that is loaded.
    pub fn weight(&self, folder: &PathBytes) -> Option<(u64, u64)> {
        let row = self.root.row_of(folder)?;
        Some((row.files?, row.size?))
    }

    /// A row that is loaded, by its folder and place.
    pub fn child(&self, folder: &PathBytes, index: usize) -> Option<&Row> {
        self.root.find(folder)?.child(index)
    }

    /// Opens or closes the folder at a row; nothing happens on other rows.
    pub fn toggle(&mut self, at: usize) {
        let Some(Shown { content: Content::Row(row), folder, index, .. }) = self.row(at) else { return };
        if row.kind != RowKind::Folder {
            return;
        }
        let (path, folder) = (row.path.clone(), folder.clone());
        let Some(parent) = self.root.find_mut(&folder) else { return };
        if parent.open.remove(&index).is_none() {
            parent.open.insert(index, Folder::new(path));
        }
        self.root.recount_to(&folder);
    }

    /// Where the row of the folder stands that a row lies in; `None` for a source.
    pub fn parent_of(&self, at: usize) -> Option<usize> {
        let shown = self.row(at)?;
        let target = shown.folder;
        if target.is_empty() {
            return None;
        }
        let (mut folder, mut height) = (&self.root, 0);
        loop {
            let (index, child) = folder.open.iter().find(|(_, f)| target.is_within(f.path.as_bytes()))?;
            height += folder.height_of(*index);
            if child.path == *target {
                return Some(height);
            }
            height += 1;
            folder = child;
        }
    }

    /// Takes in an answer. Answers for folders that were closed meanwhile are dropped.
    pub fn insert(&mut self, key: &PageKey, answer: Result<(Vec<Row>, usize), Problem>) {
        let Some(folder) = self.root.find_mut(&key.folder) else { return };
        folder.make_room(key.page);
        match answer {
            Ok((rows, total)) if rows.len() != total.saturating_sub(key.skip()).min(PAGE) => {
                let problem = Problem::new(
                    Code::Damaged,
                    format!("The list of this folder is incomplete: {} of {total} entries came.", rows.len()),
                    "Check the backup with Verify.",
                );
                folder.pages.insert(key.page, Err(problem));
            }
            Ok((rows, total)) => {
                folder.total = Some(total);
                folder.open = std::mem::take(&mut folder.open).into_iter().filter(|(index, _)| *index < total).collect();
                folder.pages.insert(key.page, Ok(rows));
            }
            Err(problem) => {
                folder.pages.insert(key.page, Err(problem));
            }
        }
        self.root.recount_to(&key.folder);
    }

    /// Forgets a page that failed, so that it is asked for again.
    pub fn retry(&mut self, folder: &PathBytes) {
        if let Some(folder) = self.root.find_mut(folder) {
            folder.pages.retain(|_, page| page.is_ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::FileTime;

    fn row(path: &str, kind: RowKind) -> Row {
        Row {
            path: path.into(),
            kind,
            size: Some(1),
            files: Some(1),
            mtime: FileTime::default(),
            mode: 0o644,
            uid: 0,
            gid: 0,
            target: None,
            kept_from: None,
            torn: false,
        }
    }

    fn key(folder: &str, page: usize) -> PageKey {
        PageKey { folder: folder.into(), page }
    }

    fn name(tree: &Tree, at: usize) -> String {
        match tree.row(at).map(|shown| shown.content) {
            Some(Content::Row(row)) => row.path.display().into_owned(),
            Some(Content::Loading(key)) => format!("loading {} {}", key.folder.display(), key.page),
            Some(Content::Failed(problem)) => problem.what.clone(),
            None => "-".into(),
        }
    }

    fn shown(tree: &Tree) -> Vec<String> {
        (0..tree.len()).map(|at| name(tree, at)).collect()
    }

    fn small() -> Tree {
        let mut tree = Tree::default();
        let sources = ["s/a", "s/b", "s/c"].map(|p| row(p, RowKind::Folder)).to_vec();
        tree.insert(&key("", 0), Ok((sources, 3)));
        tree
    }

    #[test]
    fn opens_lazily_with_a_placeholder() {
        let mut tree = Tree::default();
        assert_eq!(shown(&tree), ["loading  0"]);
        tree = small();
        tree.toggle(1);
        assert_eq!(shown(&tree), ["s/a", "s/b", "loading s/b 0", "s/c"]);
        let children = vec![row("s/b/x", RowKind::Folder), row("s/b/y", RowKind::File)];
        tree.insert(&key("s/b", 0), Ok((children, 2)));
        tree.toggle(2);
        tree.insert(&key("s/b/x", 0), Ok((vec![row("s/b/x/deep", RowKind::File)], 1)));
        assert_eq!(shown(&tree), ["s/a", "s/b", "s/b/x", "s/b/x/deep", "s/b/y", "s/c"]);
        assert_eq!(tree.row(3).unwrap().depth, 2);
        assert_eq!((tree.parent_of(3), tree.parent_of(4), tree.parent_of(1)), (Some(2), Some(1), None));
        tree.toggle(1);
        assert_eq!(shown(&tree), ["s/a", "s/b", "s/c"]);
        tree.insert(&key("s/b", 0), Ok((vec![], 0)));
        assert_eq!(tree.len(), 3);
    }

    #[test]
    fn a_file_does_not_open_and_an_empty_folder_shows_nothing() {
        let mut tree = small();
        tree.toggle(0);
        tree.insert(&key("s/a", 0), Ok((vec![row("s/a/f", RowKind::File)], 1)));
        tree.toggle(1);
        assert_eq!(tree.len(), 4);
        tree.toggle(2);
        tree.insert(&key("s/b", 0), Ok((vec![], 0)));
        assert_eq!(shown(&tree), ["s/a", "s/a/f", "s/b", "s/c"]);
    }

    #[test]
    fn a_million_children_are_reached_by_page() {
        let mut tree = small();
        tree.toggle(0);
        tree.toggle(2);
        let total = 1_000_000;
        let page = |n: usize| (0..PAGE).map(|i| row(&format!("s/a/{:07}", n * PAGE + i), RowKind::File)).collect::<Vec<_>>();
        tree.insert(&key("s/a", 0), Ok((page(0), total)));
        assert_eq!(tree.len(), 3 + total + 1);
        assert_eq!(name(&tree, 500), "s/a/0000499");
        assert_eq!(name(&tree, 501), "loading s/a 1");
        assert_eq!(name(&tree, total), "loading s/a 1999");
        tree.insert(&key("s/a", 1999), Ok((page(1999), total)));
        assert_eq!(name(&tree, total), "s/a/0999999");
        assert_eq!(name(&tree, total + 1), "s/b");
        assert_eq!(name(&tree, total + 2), "loading s/b 0");
        assert_eq!(tree.parent_of(total), Some(0));
        // What was scrolled past long ago is let go.
        for n in 2..60 {
            tree.insert(&key("s/a", n), Ok((page(n), total)));
        }
        assert_eq!(name(&tree, total), "loading s/a 1999");
        assert_eq!(name(&tree, 59 * PAGE + 1), format!("s/a/{:07}", 59 * PAGE));
    }

    #[test]
    fn a_failed_page_says_so_and_can_be_tried_again() {
        let mut tree = Tree::default();
        tree.insert(&key("", 0), Err(Problem::new(Code::Io, "The drive went away.", "")));
        assert_eq!(shown(&tree), ["The drive went away."]);
        tree.retry(&PathBytes::default());
        assert_eq!(shown(&tree), ["loading  0"]);
    }

    #[test]
    fn answers_that_lie_do_not_break_it() {
        let mut tree = small();
        // A total that shrinks under an open folder, then fewer rows than promised.
        tree.toggle(2);
        tree.insert(&key("", 0), Ok((vec![row("s/a", RowKind::Folder)], 1)));
        assert_eq!(shown(&tree), ["s/a"]);
        tree.insert(&key("", 0), Ok((vec![], 1)));
        assert_eq!(shown(&tree), ["The list of this folder is incomplete: 0 of 1 entries came."]);
    }
}
