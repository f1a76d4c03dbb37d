//! A browser that looks at every page it can reach, reads it as browsers read HTML, and fills in
//! every form.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use reqwest::Response;
use scraper::{ElementRef, Html, Selector};
use wayfare::http::{catalogue, form_project::names_project};
use wayfare_domain::query_string::{FOR_PROJECT, write_query};

use crate::support::Browser;

/// Most pages of one route that are looked at in one walk.
const OF_A_ROUTE: usize = 8;
/// Fields whose text is never shown again.
const SECRET: [&str; 1] = ["password"];

/// A field of a form, with what stands in it.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    value: String,
    takes_text: bool,
    kind: String,
}

/// A form that changes something.
#[derive(Debug, Clone)]
pub struct Form {
    /// The page it stands on.
    page: String,
    action: String,
    fields: Vec<Field>,
}

/// What was found on the way.
pub struct Walk<'a> {
    browser: &'a Browser,
    payload: &'a str,
    /// The routes, with how many pages of each were looked at.
    pub routes: BTreeMap<String, usize>,
    /// Those on which the text stands.
    pub shown: BTreeSet<String>,
    pub forms: Vec<Form>,
    /// What changes something in a project, and does not say in which.
    pub unnamed: BTreeSet<String>,
    /// Addresses of forms that say it.
    pub named: BTreeSet<String>,
    /// Names that addresses of pages have behind `?`.
    names: BTreeSet<String>,
    /// Pages of what an author wrote as HTML, which is theirs.
    pub authored: Vec<String>,
    pub findings: Vec<String>,
}

fn all<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).expect("a selector")).collect()
}

impl<'a> Walk<'a> {
    pub fn new(browser: &'a Browser, payload: &'a str) -> Self {
        let routes = catalogue()
            .into_iter()
            .filter(|route| route.method == "GET" && !route.path.starts_with("/api/"));
        Self {
            browser,
            payload,
            routes: routes.map(|route| (route.path, 0)).collect(),
            shown: BTreeSet::new(),
            forms: Vec::new(),
            unnamed: BTreeSet::new(),
            named: BTreeSet::new(),
            names: [
                "q", "search", "notice", "done", "next", "back", "person", "version", "matching",
                "ids[]", "user", "role",
            ]
            .into_iter()
            .map(str::to_string)
            .collect(),
            authored: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Looks at every page that links lead to, from every route on.
    pub async fn everywhere(&mut self, further: &[String]) {
        self.routes.values_mut().for_each(|seen| *seen = 0);
        let plain = self.routes.keys().filter(|path| !path.contains('{')).cloned();
        let mut waiting: VecDeque<String> = further.iter().cloned().chain(plain).collect();
        let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(address) = waiting.pop_front() {
            let Some(route) = self.route_of(&address) else { continue };
            let seen = self.routes.entry(route).or_default();
            *seen += 1;
            if *seen > OF_A_ROUTE {
                continue;
            }
            for link in self.look(&address).await {
                if known.insert(link.clone()) {
                    waiting.push_back(link);
                }
            }
        }
    }

    /// The text behind `?` under every name at once, and in place of everything that addresses
    /// name.
    pub async fn ask_with_the_text(&mut self) {
        self.ask(false).await;
    }

    /// And under every name by itself: what one name makes of an address hides what another would.
    pub async fn ask_name_by_name(&mut self) {
        self.ask(true).await;
    }

    async fn ask(&mut self, singly: bool) {
        let names: Vec<String> = self.names.iter().cloned().collect();
        let text = self.payload.to_string();
        for route in self.routes.keys().cloned().collect::<Vec<_>>() {
            let encoded = write_query(&[("x", text.clone())]).trim_start_matches("x=").to_string();
            let path: Vec<&str> = route
                .split('/')
                .map(|part| if part.starts_with('{') { encoded.as_str() } else { part })
                .collect();
            let path = path.join("/");
            let together: Vec<(&str, String)> =
                names.iter().map(|name| (name.as_str(), text.clone())).collect();
            self.look(&format!("{path}?{}", write_query(&together))).await;
            for name in names.iter().filter(|_| singly) {
                self.look(&format!("{path}?{}", write_query(&[(name, text.clone())]))).await;
            }
        }
        self.look(&format!("/{}", write_query(&[("", text)]))).await;
    }

    /// Sends every form with the text in each of its fields, and in all of them.
    pub async fn fill_in(&mut self) {
        for form in std::mem::take(&mut self.forms) {
            let texts: Vec<usize> =
                (0..form.fields.len()).filter(|at| form.fields[*at].takes_text).collect();
            for at in texts.iter().map(Some).chain([None]) {
                let fields: Vec<(String, String)> = form
                    .fields
                    .iter()
                    .enumerate()
                    .map(|(place, field)| {
                        let mine = field.takes_text && at.is_none_or(|at| *at == place);
                        (
                            field.name.clone(),
                            if mine { self.payload.to_string() } else { field.plausible() },
                        )
                    })
                    .collect();
                self.send(&form, &fields).await;
            }
        }
    }

    async fn send(&mut self, form: &Form, fields: &[(String, String)]) {
        let request =
            self.browser.client.post(format!("{}{}", self.browser.url, form.action)).form(fields);
        let request = request
            .header("accept", "text/html")
            .header("referer", format!("{}{}", self.browser.url, form.page));
        let answer = request.send().await.expect("an answer");
        let place = format!("{} from {}", form.action, form.page);
        assert_ne!(answer.status(), 500, "{place} with {fields:?}");
        let on =
            answer.headers().get("location").and_then(|to| to.to_str().ok()).map(str::to_string);
        self.judge(&place, answer).await;
        if let Some(on) = on.filter(|on| on.starts_with('/')) {
            self.look(&on).await;
        }
    }

    /// Looks at one page; answers where its links lead.
    pub async fn look(&mut self, address: &str) -> Vec<String> {
        let request = self
            .browser
            .client
            .get(format!("{}{address}", self.browser.url))
            .header("accept", "text/html");
        let answer = request.send().await.expect("an answer");
        assert_ne!(answer.status(), 500, "{address}");
        let Some(text) = self.judge(address, answer).await else { return Vec::new() };
        let html = Html::parse_document(&text);
        if self.shows(&html) && !address.contains('?') {
            self.shown.extend(self.route_of(address));
        }
        self.collect_forms(&html, address);
        let targets = all(&html, "a[href], area[href], iframe[src]");
        let targets = targets.iter().filter_map(|link| link.attr("href").or(link.attr("src")));
        targets
            .filter(|target| target.starts_with('/') && !target.starts_with("//"))
            .map(without_fragment)
            .collect()
    }

    /// Is the text in what the page is about, as text or in a field? The bar above has it
    /// everywhere.
    fn shows(&self, html: &Html) -> bool {
        let name = self.payload.replace(['"', '\''], "");
        let is_it = |text: &str| text.contains(self.payload) || text.contains(&name);
        let elements = all(html, "main, main *");
        elements.iter().any(|element| {
            element.text().any(is_it) || element.value().attrs().any(|(_, value)| is_it(value))
        })
    }

    /// Is there an element in an answer that only a stranger has written? Answers the text of
    /// a page.
    async fn judge(&mut self, place: &str, answer: Response) -> Option<String> {
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_string()
        };
        let (kind, sniffing) = (header("content-type"), header("x-content-type-options"));
        if sniffing != "nosniff" {
            self.findings.push(format!("{place}: browsers may guess what it is"));
        }
        let text = answer.text().await.unwrap_or_default();
        if !kind.starts_with("text/html") {
            let named = ["text/plain", "text/csv", "application/json", "image/", "text/xml"]
                .iter()
                .any(|known| kind.starts_with(known));
            if !named && !text.is_empty() {
                self.findings.push(format!("{place}: is of the type “{kind}”"));
            }
            return None;
        }
        let html = Html::parse_document(&text);
        let smuggled = all(&html, "x-pwn").len() + all(&html, "[x-pwn]").len();
        let authored = self
            .authored
            .iter()
            .any(|path| place.starts_with(path.as_str()) && place.contains("/html"));
        if smuggled > 0 && !authored {
            let at = text.find("<x-pwn").unwrap_or_default();
            let around: String =
                text[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
            self.findings.push(format!("{place}: an element of the typed text, behind {around:?}"));
        }
        Some(text)
    }

    /// Every form that is posted, and every button that posts a form of another kind.
    fn collect_projects(&mut self, html: &Html, address: &str) {
        let forms = all(html, "form[method=post]").into_iter().map(|form| {
            (form.attr("action"), fields_of(form).iter().any(|field| field.name == FOR_PROJECT))
        });
        let buttons = all(html, "button[formmethod=post]")
            .into_iter()
            .map(|button| (button.attr("formaction"), button.attr("name") == Some(FOR_PROJECT)));
        for (action, names) in forms.chain(buttons) {
            let action = action.unwrap_or(address);
            if names {
                self.named.insert(action.to_string());
            } else if names_project(action) {
                self.unnamed.insert(format!("{action} on {address}"));
            }
        }
    }

    fn collect_forms(&mut self, html: &Html, address: &str) {
        self.collect_projects(html, address);
        for form in all(html, "form") {
            let fields = fields_of(form);
            let action = form.attr("action").unwrap_or(address).to_string();
            if !form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
                self.names.extend(fields.into_iter().map(|field| field.name));
                continue;
            }
            let names = |fields: &[Field]| {
                fields.iter().map(|field| field.name.clone()).collect::<Vec<_>>()
            };
            let known = self
                .forms
                .iter()
                .any(|known| known.action == action && names(&known.fields) == names(&fields));
            if !known && fields.iter().any(|field| field.takes_text) {
                self.forms.push(Form { page: address.to_string(), action, fields });
            }
        }
    }

    /// The route of an address; one whose every part is named comes first.
    fn route_of(&self, address: &str) -> Option<String> {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |route: &&String| {
            let wanted: Vec<&str> = route.split('/').collect();
            wanted.len() == parts.len()
                && wanted
                    .iter()
                    .zip(&parts)
                    .all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
        };
        self.routes.keys().filter(fits).min_by_key(|route| route.matches('{').count()).cloned()
    }
}

impl Field {
    /// What the other fields hold while one has the text.
    fn plausible(&self) -> String {
        match self.kind.as_str() {
            _ if !self.value.is_empty() || !self.takes_text => self.value.clone(),
            "email" => "somebody@example.com".to_string(),
            "number" => "5".to_string(),
            _ => "words".to_string(),
        }
    }
}

fn without_fragment(target: &str) -> String {
    target.split('#').next().unwrap_or_default().to_string()
}

/// As a browser would send them.
fn fields_of(form: ElementRef<'_>) -> Vec<Field> {
    let wanted = Selector::parse("input[name], textarea[name], select[name], button[name]")
        .expect("a selector");
    let mut fields: Vec<Field> = Vec::new();
    for field in form.select(&wanted) {
        let name = field.attr("name").unwrap_or_default().to_string();
        let value = field.attr("value").unwrap_or_default().to_string();
        let kind = match field.value().name() {
            "input" => field.attr("type").unwrap_or("text").to_string(),
            other => other.to_string(),
        };
        let again = fields.iter().any(|known| known.name == name);
        let (value, takes_text) = match kind.as_str() {
            "textarea" => (field.text().collect(), true),
            "select" => (chosen(field), false),
            "radio" | "button" if again => continue,
            "checkbox" if field.attr("checked").is_none() => continue,
            "checkbox" if value.is_empty() => ("on".to_string(), false),
            "hidden" | "radio" | "checkbox" | "button" | "submit" | "file" => (value, false),
            kind if SECRET.contains(&kind) => ("copper lantern drifting moss".to_string(), false),
            _ => (value, true),
        };
        fields.push(Field { name, value, takes_text, kind });
    }
    fields
}

fn chosen(select: ElementRef<'_>) -> String {
    let options = Selector::parse("option").expect("a selector");
    let all: Vec<ElementRef<'_>> = select.select(&options).collect();
    let chosen = all.iter().find(|option| option.attr("selected").is_some()).or(all.first());
    chosen.and_then(|option| option.attr("value")).unwrap_or_default().to_string()
}
