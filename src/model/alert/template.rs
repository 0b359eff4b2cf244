//! Texts with placeholders.

/// What a placeholder's value must not break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    Text,
    /// Inside of a JSON string.
    Json,
    /// As a form's value.
    Form,
    /// A header's value: one line.
    Line,
}

/// Puts values in the place of `{name}`; braces around anything else stay what they are, as JSON is full of them. Values are not looked
/// into for placeholders of their own.
pub fn fill(template: &str, values: &[(&str, &str)], escape: Escape) -> String {
    let mut out = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let inner = &rest[open + 1..];
        let known = inner.find('}').and_then(|close| {
            let (_, value) = values.iter().find(|(name, _)| *name == &inner[..close])?;
            Some((close, value))
        });
        match known {
            Some((close, value)) => {
                out.push_str(&escaped(value, escape));
                rest = &inner[close + 1..];
            }
            None => {
                out.push('{');
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

fn escaped(value: &str, escape: Escape) -> String {
    match escape {
        Escape::Text => value.into(),
        Escape::Json => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].into()
        }
        Escape::Form => percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string(),
        Escape::Line => value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [(&str, &str); 2] = [("subject", "a \"b\"\n{plan}"), ("plan", "x & y")];

    #[test]
    fn only_what_is_known_is_filled_in() {
        let fill = |template| fill(template, &VALUES, Escape::Text);
        assert_eq!(fill("{plan}: {other} {"), "x & y: {other} {");
        assert_eq!(fill("{{plan}}"), "{x & y}");
        assert_eq!(fill("{subject}"), "a \"b\"\n{plan}", "a value is no template");
        assert_eq!(fill("{ä{plan}"), "{äx & y");
    }

    #[test]
    fn values_break_nothing() {
        let json = fill(r#"{"text": "{subject}", "n": {"plan": "{plan}"}}"#, &VALUES, Escape::Json);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((read["text"].as_str(), read["n"]["plan"].as_str()), (Some("a \"b\"\n{plan}"), Some("x & y")));
        assert_eq!(fill("plan={plan}", &VALUES, Escape::Form), "plan=x%20%26%20y");
        assert_eq!(fill("{subject}", &[("subject", "a\r\nHost: b")], Escape::Line), "a  Host: b");
    }
}
