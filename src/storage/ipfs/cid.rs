//! Content's own address (CID): read as nodes write it, and computed here of what is sent.
//!
//! Sources: multiformats CID, versions 0 and 1; IPLD dag-pb; UnixFS 1.0 with raw leaves and a balanced tree, as `ipfs add` makes it.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// Bytes of a leaf: the most that a node takes for one. Is said to the node, too.
pub const LEAF: usize = 1 << 20;
/// Links of a node of the tree at most. Is said to the node, too.
pub const LINKS: usize = 174;

/// Longest text that is taken for one.
const LONGEST: usize = 128;
const SHA_256: [u8; 2] = [0x12, 0x20];

/// Of content that is told by its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cid {
    codec: Codec,
    digest: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Codec {
    Raw = 0x55,
    DagPb = 0x70,
}

impl Cid {
    /// Nodes write it in base 32 or 58, and of version 0 or 1, whatever they are asked for.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || !text.is_ascii() {
            return None;
        }
        let bytes = match text.split_at_checked(1)? {
            ("b", rest) => BASE32_NOPAD.decode(rest.to_ascii_uppercase().as_bytes()).ok()?,
            ("z", rest) => bs58::decode(rest).into_vec().ok()?,
            _ if text.starts_with("Qm") => [&[1, Codec::DagPb as u8], &*bs58::decode(text).into_vec().ok()?].concat(),
            _ => return None,
        };
        let digest = <[u8; 32]>::try_from(bytes.get(4..)?).ok()?;
        match (bytes.get(..2)?, bytes.get(2..4)?) {
            ([1, 0x55], hash) if hash == SHA_256 => Some(Self { codec: Codec::Raw, digest }),
            ([1, 0x70], hash) if hash == SHA_256 => Some(Self { codec: Codec::DagPb, digest }),
            _ => None,
        }
    }

    fn of(codec: Codec, block: &[u8]) -> Self {
        Self { codec, digest: Sha256::digest(block).into() }
    }

    fn bytes(&self) -> [u8; 36] {
        let mut bytes = [0; 36];
        bytes[..4].copy_from_slice(&[1, self.codec as u8, SHA_256[0], SHA_256[1]]);
        bytes[4..].copy_from_slice(&self.digest);
        bytes
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", BASE32_NOPAD.encode(&self.bytes()).to_ascii_lowercase())
    }
}

/// As it is shown to people, where it is one; any node's own spelling is as good.
pub fn shown(text: &str) -> Option<String> {
    let is_one = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    is_one.then(|| Cid::parse(text).map_or_else(|| text.to_owned(), |cid| cid.to_string()))
}

/// The tree that a node makes of a file, as far as its root's CID needs it.
pub struct Tree {
    /// Bytes of a leaf at most.
    longest: usize,
    leaf: Sha256,
    in_leaf: usize,
    /// Links that wait for a node above them, the leaves first. None waits for more than [`LINKS`].
    levels: Vec<Vec<Link>>,
}

struct Link {
    cid: Cid,
    /// Bytes of the file below it,
    size: u64,
    /// and of all its blocks.
    with_blocks: u64,
}

impl Default for Tree {
    fn default() -> Self {
        Self::of_leaves(LEAF)
    }
}

impl Tree {
    fn of_leaves(longest: usize) -> Self {
        Self { longest, leaf: Sha256::new(), in_leaf: 0, levels: Vec::new() }
    }

    pub fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            // Closed only when more comes: a file is never followed by an empty leaf.
            if self.in_leaf == self.longest {
                self.close_leaf();
            }
            let (now, rest) = bytes.split_at(bytes.len().min(self.longest - self.in_leaf));
            self.leaf.update(now);
            self.in_leaf += now.len();
            bytes = rest;
        }
    }

    pub fn root(mut self) -> Cid {
        self.close_leaf();
        let mut level = 0;
        loop {
            let is_highest = self.levels.len() == level + 1;
            match self.levels.get(level).map(Vec::as_slice) {
                Some([root]) if is_highest => return root.cid,
                _ => self.close(level),
            }
            level += 1;
        }
    }

    fn close_leaf(&mut self) {
        let digest = std::mem::take(&mut self.leaf).finalize().into();
        let size = std::mem::take(&mut self.in_leaf) as u64;
        self.push(0, Link { cid: Cid { codec: Codec::Raw, digest }, size, with_blocks: size });
    }

    fn push(&mut self, level: usize, link: Link) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        if self.levels[level].len() == LINKS {
            self.close(level);
        }
        self.levels[level].push(link);
    }

    /// Puts a node above the links that wait.
    fn close(&mut self, level: usize) {
        let links = self.levels.get_mut(level).map(std::mem::take).unwrap_or_default();
        let block = node(&links);
        let cid = Cid::of(Codec::DagPb, &block);
        let size = links.iter().map(|link| link.size).sum();
        let with_blocks = links.iter().map(|link| link.with_blocks).sum::<u64>() + block.len() as u64;
        self.push(level + 1, Link { cid, size, with_blocks });
    }
}

/// A node's block: dag-pb (links, then data) with the UnixFS of a file in it.
fn node(links: &[Link]) -> Vec<u8> {
    const FILE: u64 = 2;
    let mut block = Vec::new();
    for link in links {
        let mut one = Vec::new();
        bytes(&mut one, 1, &link.cid.bytes());
        bytes(&mut one, 2, b"");
        number(&mut one, 3, link.with_blocks);
        bytes(&mut block, 2, &one);
    }
    let mut data = Vec::new();
    number(&mut data, 1, FILE);
    number(&mut data, 3, links.iter().map(|link| link.size).sum());
    for link in links {
        number(&mut data, 4, link.size);
    }
    bytes(&mut block, 1, &data);
    block
}

/// Fields of protobuf.
fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn number(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(field << 3);
    varint(out, value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(leaf: usize, length: usize) -> String {
        let mut tree = Tree::of_leaves(leaf);
        let all: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        // Pieces that fit into no leaf.
        all.chunks(777_777).for_each(|piece| tree.write(piece));
        tree.root().to_string()
    }

    #[test]
    fn it_is_the_one_that_nodes_compute() {
        // By js-ipfs 0.66: add --cid-version=1 --raw-leaves --only-hash --chunker=size-…
        for (leaf, length, cid) in [
            (LEAF, 0, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
            (LEAF, 1, "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu"),
            (LEAF, 1_048_576, "bafkreidddocae7lltzjlkooe5a3tmiwsgazn7logjvqk7bzttsidpzhxne"),
            (LEAF, 1_048_577, "bafybeidjogjfwuhbzwopgd4bn3skcf5m6oz72xshywcndzxgqb623nfclu"),
            (LEAF, 3_000_000, "bafybeigqr2ulyhu7r6rmratednc5n7y6s4bl4yui725mm45qk7o2ydor3m"),
            (16, 2_784, "bafybeibwbnh5a3k4l76cjjoy3ma7vfge3wg6rebrhqf65x7yfztkbstuuy"),
            (16, 2_785, "bafybeigwpzxvret5oxybubfnvh7imrsunxt7wvtxiknxaybhwwdk4ayaf4"),
            (16, 8_007, "bafybeibh7pakwxatzbsdnpgw7jt5ta7q563gfyru5dzgddr4lempsk6viy"),
            (16, 484_416, "bafybeicv3csit223r56kzh6lt7vlalwsxzik3c4sligpwgwb5femtmwoli"),
            (16, 484_417, "bafybeihyhwh265ift3nhkuevkpurrx72tel2nmmvyz7enczcxzm4ccfnre"),
        ] {
            assert_eq!(of(leaf, length), cid, "{length} in leaves of {leaf}");
        }
    }

    #[test]
    fn it_is_read_in_every_spelling() {
        let raw = "bafkreidwslb22nkaxoadyaqlhlxgntmiq4jdenhkbrxhcq6avxlt75br5u";
        assert_eq!(Cid::parse(raw).unwrap().to_string(), raw);
        assert_eq!(Cid::parse("zb2rhed96o7j2XHgcRvPsaqYcfNV6yoM7j59LdnZvUoymzKMv").unwrap().to_string(), raw);
        let folder = Cid::parse("QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn").unwrap().to_string();
        assert_eq!(folder, "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354");
        for bad in ["", "b", "Qm", "z", "bafkreidwslb22nkaxoadyaqlhlxgntmiq4jdenhkbrxhcq6avxlt75br5", "../etc/passwd", "ä", "bé"]
        {
            assert_eq!(Cid::parse(bad), None, "{bad}");
        }
        assert_eq!(shown("bafyOther"), Some("bafyOther".into()));
        assert_eq!((shown(""), shown("a/b"), shown(&"x".repeat(200))), (None, None, None));
    }
}
