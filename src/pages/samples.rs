//! For the tests of templates: each is rendered with sample data, and with texts that would like to be more than text.

use askama::Template;

/// Breaks out of elements, attributes, comments and scripts, if anything lets it.
pub const HOSTILE: &str = "</td></script><script>alert(1)</script>\"onmouseover=\"alert(2)\" '><img src=x onerror=alert(3)>--><svg/onload=alert(4)>&amp;{{7*7}}\u{202e}";

/// The page, as far as it can be told here that it is sound: nothing of [`HOSTILE`] became markup, all elements are closed, no
/// id is there twice, and nothing asks for what the content policy forbids.
#[track_caller]
pub fn rendered(template: &impl Template) -> String {
    let html = template.render().expect("the template renders");
    for markup in ["<script>", "<img", "<svg/", "\"onmouseover", "style=\"", "onclick=", "javascript:"] {
        assert!(!html.contains(markup), "{markup} stands in\n{html}");
    }
    is_balanced(&html);
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    ids.sort_unstable();
    let repeated = ids.windows(2).find(|pair| pair[0] == pair[1]);
    assert!(repeated.is_none(), "the id {repeated:?} is there twice in\n{html}");
    html
}

/// Elements without an end.
const VOID: [&str; 6] = ["meta", "link", "input", "br", "hr", "!doctype"];

#[track_caller]
fn is_balanced(html: &str) {
    let mut open = Vec::new();
    for tag in html.split('<').skip(1) {
        let name = tag.split(['>', ' ', '\n']).next().unwrap_or_default();
        let is_closed = tag.split('>').next().is_some_and(|inside| inside.ends_with('/'));
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "what ends at </{tag} is another in\n{html}"),
            None if is_closed || VOID.contains(&name) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?} has no end in\n{html}");
}
