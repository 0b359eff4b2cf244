//! An address in parts, as a form asks for them.

mod lack;
mod parts;

pub use lack::Lack;
pub use parts::Parts;

/// What kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Sftp,
    Ftps,
    Ftp,
    Webdav,
    S3,
    Gcs,
    Azure,
    Ipfs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Host,
    Port,
    User,
    /// A folder, or what all keys of a bucket begin with.
    Path,
    /// Or container.
    Bucket,
    Account,
    Region,
    Endpoint,
    AccessKey,
    Gateway,
    /// Whether the line is protected: `yes`, `no`, or as is usual.
    Protected,
    /// When TLS begins: `implicit`, `explicit`, or as the port has it.
    Tls,
    /// Of the files that Amazon's own tools keep.
    Profile,
    StorageClass,
    /// Whether a bucket is named in the path: `yes`, `no`, or as is usual.
    PathStyle,
    /// Whether nothing is shown that opens it: `yes`, or not.
    Anonymous,
}

/// How a part is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Text,
    /// It is so or not.
    Tick,
    /// One of these: what stands in the part, and in words. The first one is what is usual, and empty.
    Choice(&'static [(&'static str, &'static str)]),
}

/// One line of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub part: Part,
    pub input: Input,
    pub label: &'static str,
    pub example: &'static str,
    /// What its label does not say; may be empty.
    pub hint: &'static str,
    /// There is no address without it.
    pub needed: bool,
}

const fn needed(part: Part, label: &'static str, example: &'static str) -> Field {
    Field { needed: true, ..field(part, label, example) }
}

const fn field(part: Part, label: &'static str, example: &'static str) -> Field {
    Field { part, input: Input::Text, label, example, hint: "", needed: false }
}

const fn tick(part: Part, label: &'static str) -> Field {
    Field { input: Input::Tick, ..field(part, label, "") }
}

const fn choice(part: Part, label: &'static str, of: &'static [(&'static str, &'static str)]) -> Field {
    Field { input: Input::Choice(of), ..field(part, label, "") }
}

impl Field {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}

const PREFIX_HINT: &str = "{machine} becomes this computer's name as it is now, {env:USER} what that variable holds.";
const PROTECTED: Field = tick(Part::Protected, "Protected (https)");
const ANONYMOUS: Field = tick(Part::Anonymous, "Without any key");

const SFTP: [Field; 4] = [
    needed(Part::Host, "Server", "nas.example"),
    field(Part::Port, "Port", "22"),
    field(Part::User, "Account", "ada"),
    field(Part::Path, "Folder there", "/srv/backups, or backups in the account's own"),
];
const FTP: [Field; 4] = [
    needed(Part::Host, "Server", "nas.example"),
    field(Part::Port, "Port", "21"),
    field(Part::User, "Account", "ada"),
    field(Part::Path, "Folder there", "/srv/backups, or backups in the account's own"),
];
const WEBDAV: [Field; 5] = [
    needed(Part::Host, "Server", "cloud.example"),
    field(Part::Port, "Port", "443"),
    field(Part::User, "Account", "ada"),
    field(Part::Path, "Folder there", "/remote.php/dav/files/ada/backups"),
    PROTECTED,
];
const S3: [Field; 5] = [
    needed(Part::Bucket, "Bucket", "my-bucket"),
    field(Part::Path, "Folder in it", "backups/{machine}").hint(PREFIX_HINT),
    field(Part::Region, "Region", "eu-west-1"),
    field(Part::Endpoint, "Endpoint", "https://minio.example:9000").hint("Only where it is not Amazon's own."),
    field(Part::AccessKey, "Id of the access key", "AKIA…").hint("The store shows it beside the secret key."),
];
const GCS: [Field; 3] = [
    needed(Part::Bucket, "Bucket", "my-bucket"),
    field(Part::Path, "Folder in it", "backups/{machine}").hint(PREFIX_HINT),
    field(Part::Endpoint, "Endpoint", "https://storage.example").hint("Only where it is not Google's own."),
];
const AZURE: [Field; 4] = [
    needed(Part::Account, "Storage account", "mystore"),
    needed(Part::Bucket, "Container", "backups"),
    field(Part::Path, "Folder in it", "{machine}").hint(PREFIX_HINT),
    field(Part::Endpoint, "Endpoint", "https://mystore.blob.example").hint("Only where it is not Microsoft's own."),
];
const IPFS: [Field; 5] = [
    needed(Part::Host, "Node", "127.0.0.1"),
    field(Part::Port, "Port of its RPC API", "5001").hint("Where the node takes orders; not that of its gateway."),
    field(Part::Path, "Folder among its files", "/backups"),
    field(Part::Gateway, "Read through this gateway", "http://127.0.0.1:8080")
        .hint("Only if files are not to be read from the node itself."),
    PROTECTED,
];

const FTPS_MORE: [Field; 1] = [choice(
    Part::Tls,
    "TLS",
    &[("", "As the port has it"), ("implicit", "Implicit: from the first byte"), ("explicit", "Explicit: once asked for")],
)
.hint("Implicit is usual at port 990, explicit at others.")];
const S3_MORE: [Field; 4] = [
    field(Part::StorageClass, "Storage class", "STANDARD_IA").hint("One read at once: not GLACIER or DEEP_ARCHIVE."),
    choice(Part::PathStyle, "Path style", &[("", "As is usual"), ("yes", "Yes: host/bucket"), ("no", "No: bucket.host")])
        .hint("Usual: yes at an endpoint, no at Amazon's own."),
    field(Part::Profile, "Profile", "backup").hint("From ~/.aws/credentials, in place of a key."),
    ANONYMOUS.hint("For a bucket that everybody may read."),
];
const GCS_MORE: [Field; 2] = [
    field(Part::StorageClass, "Storage class", "NEARLINE").hint("Only where it is not the bucket's own."),
    ANONYMOUS.hint("For a bucket that everybody may read."),
];
const AZURE_MORE: [Field; 1] = [ANONYMOUS.hint("For a container that everybody may read.")];

impl Kind {
    pub const ALL: [Self; 8] = [Self::Sftp, Self::Webdav, Self::S3, Self::Gcs, Self::Azure, Self::Ftps, Self::Ftp, Self::Ipfs];

    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Sftp => "SFTP (SSH)",
            Self::Ftps => "FTP over TLS",
            Self::Ftp => "FTP, not protected",
            Self::Webdav => "WebDAV, Nextcloud",
            Self::S3 => "Amazon S3 and alike",
            Self::Gcs => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
            Self::Ipfs => "IPFS node",
        }
    }

    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Sftp => &SFTP,
            Self::Ftps | Self::Ftp => &FTP,
            Self::Webdav => &WEBDAV,
            Self::S3 => &S3,
            Self::Gcs => &GCS,
            Self::Azure => &AZURE,
            Self::Ipfs => &IPFS,
        }
    }

    /// Those that few need.
    pub const fn more(self) -> &'static [Field] {
        match self {
            Self::Ftps => &FTPS_MORE,
            Self::S3 => &S3_MORE,
            Self::Gcs => &GCS_MORE,
            Self::Azure => &AZURE_MORE,
            Self::Sftp | Self::Ftp | Self::Webdav | Self::Ipfs => &[],
        }
    }

    pub fn every_field(self) -> impl Iterator<Item = &'static Field> {
        self.fields().iter().chain(self.more())
    }
}
