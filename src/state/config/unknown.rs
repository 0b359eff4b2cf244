//! Keys of a TOML value that our types do not know, and how they are put back.

use toml::Value;

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Unknown keys with their values, each with the way to it.
///
/// They are found by comparing what was read with what is written for it, which also finds keys that are known in another
/// place but have no use where they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Unknown(Vec<(Vec<Step>, Value)>);

impl Unknown {
    /// What `original` has and `known`, the same value read and written again, has not.
    pub(super) fn between(original: &Value, known: &Value) -> Self {
        let mut found = Self::default();
        found.collect(original, known, &mut Vec::new());
        found
    }

    fn collect(&mut self, original: &Value, known: &Value, way: &mut Vec<Step>) {
        match (original, known) {
            (Value::Table(original), Value::Table(known)) => {
                for (key, value) in original {
                    way.push(Step::Key(key.clone()));
                    match known.get(key) {
                        Some(known) => self.collect(value, known, way),
                        None => self.0.push((way.clone(), value.clone())),
                    }
                    way.pop();
                }
            }
            (Value::Array(original), Value::Array(known)) => {
                for (at, (value, known)) in original.iter().zip(known).enumerate() {
                    way.push(Step::Index(at));
                    self.collect(value, known, way);
                    way.pop();
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// "format.speed", "destinations[0].colour".
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(way, _)| {
            let mut name = String::new();
            for step in way {
                match step {
                    Step::Key(key) if name.is_empty() => name.push_str(key),
                    Step::Key(key) => {
                        name.push('.');
                        name.push_str(key);
                    }
                    Step::Index(at) => name.push_str(&format!("[{at}]")),
                }
            }
            name
        })
    }

    /// Inserts the keys where they stood; one whose place is gone is dropped with it.
    pub(super) fn put_back(&self, value: &mut Value) {
        for (way, kept) in &self.0 {
            let Some((Step::Key(key), before)) = way.split_last() else { continue };
            let mut place = Some(&mut *value);
            for step in before {
                place = place.and_then(|value| match step {
                    Step::Key(key) => value.get_mut(key),
                    Step::Index(at) => value.get_mut(at),
                });
            }
            if let Some(Value::Table(table)) = place {
                table.entry(key.clone()).or_insert_with(|| kept.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        Value::Table(text.parse().unwrap())
    }

    #[test]
    fn unknown_keys_are_found_and_put_back() {
        let original = value("a = 1\nx = 2\n[t]\nb = 3\ny = {z = 4}\n[[l]]\nc = 5\nw = 6");
        let known = value("a = 1\nmore = 0\n[t]\nb = 3\n[[l]]\nc = 5");
        let unknown = Unknown::between(&original, &known);
        let names: Vec<_> = unknown.names().collect();
        assert_eq!(names, ["l[0].w", "t.y", "x"]);
        let mut changed = value("a = 9\n[t]\nb = 3\n[[l]]\nc = 5");
        unknown.put_back(&mut changed);
        assert_eq!(changed, value("a = 9\nx = 2\n[t]\nb = 3\ny = {z = 4}\n[[l]]\nc = 5\nw = 6"));
        let mut shrunk = value("a = 9\nl = []");
        unknown.put_back(&mut shrunk);
        assert_eq!(shrunk, value("a = 9\nx = 2\nl = []"));
    }
}
