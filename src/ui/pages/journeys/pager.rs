//! Which page of the list this is, and links to the others.

use leptos::prelude::*;

use super::state::ListState;
use crate::ui::components::icon::{Icon, Symbol};
use wayfare_domain::{
    journeys::list::query::PageSize,
    stats::{format_count, pluralize},
};

#[component]
pub fn Pager() -> impl IntoView {
    let state = expect_context::<ListState>();
    let range = move || {
        state.page.with(|page| {
            let first = (page.query.page - 1) * page.query.page_size.rows() + 1;
            let last = first + page.rows.len() as i64 - 1;
            match page.total {
                0 => "No journeys".to_string(),
                total => format!(
                    "{}–{} of {}",
                    format_count(first),
                    format_count(last),
                    pluralize(total, "journey", "journeys")
                ),
            }
        })
    };
    view! {
        <nav class="pager" aria-label="Pages">
            <p class="pager-range">{range}</p>
            <p class="pager-sizes">
                <span>"Rows"</span>
                {PageSize::ALL
                    .into_iter()
                    .map(|size| {
                        let href = move || state.page.with(|page| page.query.with_page_size(size).to_url());
                        let current = move || (state.page.read().query.page_size == size).then_some("true");
                        view! {
                            <a class="page-link" href=href aria-current=current aria-label=format!("{} rows per page", size.rows())>
                                {size.rows()}
                            </a>
                        }
                    })
                    .collect_view()}
            </p>
            <p class="pager-steps">
                <Step to=-1 text="Previous page" symbol=Symbol::Left />
                <span class="pager-place">
                    {move || state.page.with(|page| format!("Page {} of {}", format_count(page.query.page), format_count(page.last_page())))}
                </span>
                <Step to=1 text="Next page" symbol=Symbol::Right />
            </p>
        </nav>
    }
}

/// A link where there is a page to go to; a greyed word where there is none.
#[component]
fn Step(to: i64, text: &'static str, symbol: Symbol) -> impl IntoView {
    let state = expect_context::<ListState>();
    let target = Memo::new(move |_| {
        let page = state.page.read();
        let wanted = page.query.page + to;
        (1..=page.last_page()).contains(&wanted).then(|| page.query.with_page(wanted).to_url())
    });
    move || match target.get() {
        Some(href) => view! {
            <a class="page-link" href=href aria-label=text>
                <Icon symbol=symbol />
            </a>
        }
        .into_any(),
        None => view! {
            <span class="page-link" aria-disabled="true" role="link" aria-label=text>
                <Icon symbol=symbol />
            </span>
        }
        .into_any(),
    }
}
