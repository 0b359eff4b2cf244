//! Why a text is no address of a destination.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotALocation {
    /// A scheme that is none of ours.
    Scheme,
    /// One of ours, and no `//` behind it.
    Slashes,
    /// A password in it: it would be kept and shown with the address.
    Password,
    /// Something in braces that stands for nothing.
    Placeholder,
    /// A port that there is not.
    Port,
    /// The name of a bucket, container or account.
    Bucket,
    /// What stands behind `?`: not known there, given twice, or with a value that it cannot have.
    Option,
    /// The address of a service of one's own.
    Endpoint,
    /// Not written as an address of its scheme is.
    Form,
}

impl NotALocation {
    /// What is wrong, and what to write instead. Never the text itself: it may hold a password.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Scheme => {
                "Such addresses are not known. Give a folder, sftp://user@host/path (or so with ftps:// or webdav://), s3://bucket/prefix, \
                 gs://bucket/prefix, az://account/container/prefix or ipfs+http://host/folder."
            }
            Self::Slashes => {
                "An address has // behind the colon: sftp://user@host/path (or so with ftps:// or webdav://), s3://bucket/prefix, \
                 gs://bucket/prefix, az://account/container/prefix or ipfs+http://host/folder. A folder of such a name is given with ./ before it."
            }
            Self::Password => "Leave passwords and keys out of the address: they are asked for separately.",
            Self::Placeholder => {
                "In braces there can be {machine}, which becomes this computer's name, or {env:NAME}, which becomes what the variable NAME \
                 of the environment holds."
            }
            Self::Port => "The port in the address cannot be: give a number from 1 to 65535, or none for the usual one.",
            Self::Bucket => {
                "A name in the address cannot be a bucket's, a container's or an account's: they have three letters or more, without \
                 accents, digits, dots and hyphens. Give it as s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix."
            }
            Self::Option => {
                "What stands behind ? in the address is not known there, is given twice, or has a value that it cannot have. s3:// takes \
                 endpoint, region, access_key, profile, storage_class, path_style and anonymous; gs:// endpoint, storage_class and \
                 anonymous; az:// endpoint and anonymous; ftps:// tls; ipfs+http:// gateway; others take nothing."
            }
            Self::Endpoint => "The endpoint in the address cannot be: give it as endpoint=https://host:port.",
            Self::Form => {
                "This is not written as an address is. Give it as sftp://user@host:port/path (or so with ftps:// or webdav://), \
                 s3://bucket/prefix?endpoint=https://host&region=name, gs://bucket/prefix, az://account/container/prefix or \
                 ipfs+http://host:port/folder."
            }
        }
    }
}
