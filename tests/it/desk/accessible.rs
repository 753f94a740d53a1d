//! What WCAG 2.1 asks of a page and what can be seen in its source. Criteria stand beside each check.

use std::collections::HashSet;

/// The values of an attribute, in the order of the page.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(start.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The tags with this name, without their brackets.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let all = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap());
    all.filter(|tag| tag.split_whitespace().next() == Some(name)).collect()
}

/// Fails the test where somebody would be shut out.
pub fn assert_accessible(html: &str, language: &str) {
    // 3.1.1 language, 2.4.2 title, 1.4.10 reflow and 1.4.4 zoom.
    assert!(html.starts_with("<!doctype html>"), "{html}");
    assert_eq!(tags(html, "html"), [format!("html lang=\"{language}\"")]);
    let title = html.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert!(!title.trim().is_empty());
    assert_eq!(values(html, "content")[0], "width=device-width, initial-scale=1");
    // 1.3.1 structure: one main part, one first heading, no level left out.
    assert_eq!((tags(html, "main").len(), tags(html, "h1").len()), (1, 1), "{html}");
    let all_tags = html.split('<').skip(1);
    let levels = all_tags.filter_map(|tag| tag.strip_prefix('h')?.chars().next()?.to_digit(10));
    let mut last = 0;
    for level in levels {
        assert!(level <= last + 1, "h{level} follows h{last}");
        last = level;
    }
    // 4.1.1 and 1.3.1: what is pointed at is there, once.
    let ids = values(html, "id");
    let known: HashSet<_> = ids.iter().collect();
    assert_eq!(known.len(), ids.len(), "{ids:?}");
    let inner = values(html, "href").into_iter().filter_map(|link| link.strip_prefix('#'));
    let described = ["aria-describedby", "aria-labelledby", "for"].map(|name| values(html, name)).concat();
    for id in described.iter().flat_map(|ids| ids.split_whitespace()).chain(inner) {
        assert!(known.contains(&id), "{id} is not there");
    }
    // 3.3.2 labels, 1.1.1 texts for pictures.
    let labelled: HashSet<_> = values(html, "for").into_iter().collect();
    for field in ["input", "textarea", "select"].map(|name| tags(html, name)).concat() {
        let id = values(field, "id").first().copied().unwrap_or_default();
        assert!(field.contains("type=\"hidden\"") || labelled.contains(id), "{field} has no label");
    }
    for picture in tags(html, "img") {
        assert!(values(picture, "alt").iter().any(|alt| !alt.is_empty()), "{picture}");
    }
    // 2.1.1 keyboard, 2.4.3 order: native controls in the order of the page, and no script.
    for shutting in ["<script", "onclick", "tabindex", "autofocus", "style=\""] {
        assert!(!html.contains(shutting), "{shutting}");
    }
    for button in tags(html, "button") {
        assert_eq!(button, "button type=\"submit\"");
    }
}
