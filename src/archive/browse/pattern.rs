//! What a search for names means.

/// Text to look for in names, without regard to case.
pub struct Pattern {
    text: Vec<char>,
    /// With `*` (any characters) or `?` (any one): stands for the whole name.
    whole: bool,
}

impl Pattern {
    pub fn new(text: &str) -> Self {
        Self { text: fold(text).collect(), whole: text.contains(['*', '?']) }
    }

    pub fn fits(&self, name: &[u8]) -> bool {
        let name: Vec<char> = fold(&String::from_utf8_lossy(name)).collect();
        if self.whole {
            glob(&self.text, &name)
        } else {
            self.text.is_empty() || name.windows(self.text.len()).any(|w| w == self.text)
        }
    }
}

fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// In at most `pattern × name` steps: only the last star is ever gone back to.
fn glob(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match &mut star {
                Some((at, taken)) => {
                    *taken += 1;
                    (p, n) = (*at + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        let cases = [
            ("holi", "My Holiday.jpg", true),
            ("ÄPFEL", "rote äpfel.txt", true),
            ("*.jpg", "a.JPG", true),
            ("*.jpg", "a.jpg.txt", false),
            ("a?c", "abc", true),
            ("a?c", "abbc", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbxx", false),
            ("?", "", false),
            ("*", "", true),
            ("", "anything", true),
            ("longer than the name", "name", false),
        ];
        for (text, name, fits) in cases {
            assert_eq!(Pattern::new(text).fits(name.as_bytes()), fits, "{text} {name}");
        }
        assert!(!Pattern::new(&"*a".repeat(50)).fits("a".repeat(49).as_bytes()));
    }
}
