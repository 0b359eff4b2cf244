//! JSON forms of the kinds of values that catalogs are full of, read without copies where it can be.

use std::borrow::Cow;
use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD};
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that usually are text: a string where they are UTF-8, else `{"base64": "…"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Text<'a>(pub Cow<'a, [u8]>);

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &BASE64.encode(&self.0))?;
                map.end()
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or bytes in base64")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text.as_bytes())))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.as_bytes().to_vec())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (Some((name, text)), None) = (map.next_entry::<String, String>()?, map.next_entry::<String, String>()?)
                else {
                    return Err(A::Error::custom("base64 is wanted, and nothing else"));
                };
                if name != "base64" {
                    return Err(A::Error::custom("base64 is wanted"));
                }
                Ok(Text(Cow::Owned(BASE64.decode(text.as_bytes()).map_err(A::Error::custom)?)))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// 32 bytes as 43 characters of base64 without padding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hash(pub [u8; 32]);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 43];
        BASE64_NOPAD.encode_mut(&self.0, &mut text);
        serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Hash;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("32 bytes in base64")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Hash, E> {
                let mut hash = [0; 32];
                if text.len() != 43 {
                    return Err(E::custom("not 32 bytes in base64"));
                }
                match BASE64_NOPAD.decode_mut(text.as_bytes(), &mut hash) {
                    Ok(32) => Ok(Hash(hash)),
                    _ => Err(E::custom("not 32 bytes in base64")),
                }
            }
        }
        deserializer.deserialize_str(V)
    }
}

/// Any bytes as base64.
#[derive(Clone, Debug, PartialEq)]
pub struct Blob<'a>(pub Cow<'a, [u8]>);

impl Serialize for Blob<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map(|bytes| Self(Cow::Owned(bytes))).map_err(D::Error::custom)
    }
}

/// Permission bits as people know them: `"644"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mode(pub u32);

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:o}", self.0))
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Mode;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("permission bits in octal")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Mode, E> {
                if text.len() > 4 || !text.bytes().all(|b| matches!(b, b'0'..=b'7')) {
                    return Err(E::custom("permission bits are up to four octal digits"));
                }
                u32::from_str_radix(text, 8).map(Mode).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(V)
    }
}

pub fn is_false(value: &bool) -> bool {
    !value
}

pub fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
