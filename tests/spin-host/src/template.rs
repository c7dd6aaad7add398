//! Templates of the manifest: text with `{{ variable }}` in it.

use std::collections::BTreeMap;

/// Puts the values in. They are text, never templates themselves.
pub fn expand(template: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) =
            after.split_once("}}").ok_or_else(|| format!("`{template}`: `{{{{` without `}}}}`"))?;
        let name = name.trim();
        let value = values.get(name).ok_or_else(|| {
            format!("`{template}`: the application has no variable `{name}`; declare it under [variables]")
        })?;
        text.push_str(literal(before, template)?);
        text.push_str(value);
        rest = behind;
    }
    text.push_str(literal(rest, template)?);
    Ok(text)
}

fn literal<'a>(text: &'a str, template: &str) -> Result<&'a str, String> {
    if text.contains("}}") { Err(format!("`{template}`: `}}}}` without `{{{{`")) } else { Ok(text) }
}

/// Whether Spin accepts this as the name of a variable.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        [("host", "example.com"), ("port", "80"), ("tricky", "{{ host }}"), ("empty", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn puts_values_in() {
        let rows = [
            ("", ""),
            ("plain { text }", "plain { text }"),
            ("{{ host }}", "example.com"),
            ("{{host}}:{{ port}}", "example.com:80"),
            ("https://{{ host }}/", "https://example.com/"),
            ("{{ tricky }}", "{{ host }}"),
            ("<{{ empty }}>", "<>"),
        ];
        for (template, expected) in rows {
            assert_eq!(expand(template, &values()).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_fill() {
        let rows = [
            ("{{ nobody }}", "no variable `nobody`"),
            ("{{ }}", "no variable ``"),
            ("{{ host", "without `}}`"),
            ("host }}", "without `{{`"),
        ];
        for (template, part) in rows {
            let error = expand(template, &values()).unwrap_err();
            assert!(error.contains(part), "{template}: {error}");
        }
    }

    #[test]
    fn knows_names() {
        let rows = [("a", true), ("a_1", true), ("", false), ("A", false), ("1a", false), ("a-b", false)];
        for (name, expected) in rows {
            assert_eq!(is_name(name), expected, "{name}");
        }
    }
}
