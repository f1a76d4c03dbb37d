//! Saved filters and the list's columns.
#![expect(
    clippy::too_many_arguments,
    reason = "a server function takes the fields of its form one by one"
)]

use leptos::prelude::*;

use super::AppError;
use wayfare_domain::journeys::list::page::SavedFilter;

/// Keeps the filters of the dialog under a name. The fields are those of the dialog's form.
#[server(prefix = "/api/ui", endpoint = "filters/save")]
pub async fn save_filter(
    saved_filter_name: String,
    #[server(default)] q: String,
    #[server(default)] status: Vec<String>,
    #[server(default)] entry: Vec<String>,
    #[server(default)] by: Vec<String>,
    #[server(default)] label: Vec<String>,
    #[server(default)] date: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
    #[server(default)] archived: String,
    #[server(default)] sort: String,
    #[server(default)] per: String,
    #[server(default)] for_project: String,
) -> Result<SavedFilter, AppError> {
    use super::request::{context, go_to, respond_error};
    use wayfare_domain::{
        journeys::list::query::ListQuery, names::SavedFilterName, query_string::write_query,
    };
    // Was looked at before (`src/http/form_project.rs`).
    drop(for_project);
    let (services, actor) = context()?;
    let name = SavedFilterName::parse(&saved_filter_name)
        .map_err(|error| respond_error(AppError::field(error)))?;
    let single = [
        ("q", q),
        ("date", date),
        ("from", from),
        ("to", to),
        ("archived", archived),
        ("sort", sort),
        ("per", per),
    ];
    let many = [("status", status), ("entry", entry), ("by", by), ("label", label)];
    let pairs: Vec<(&str, String)> = single
        .into_iter()
        .chain(many.into_iter().map(|(key, values)| (key, values.join(","))))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let query = ListQuery::parse(&write_query(&pairs))
        .map_err(|errors| respond_error(AppError::Invalid(errors)))?;
    let saved = services.save_filter(&actor, &name, &query).await.map_err(respond_error)?;
    go_to(&query.to_url());
    Ok(saved)
}

/// Deletes a saved filter.
#[server(prefix = "/api/ui", endpoint = "filters/delete")]
pub async fn delete_filter(
    filter: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    use super::request::{context, go_to, respond_error};
    use wayfare_domain::error::FieldError;
    let (services, actor) = context()?;
    let filter = filter.parse().map_err(|error| {
        respond_error(AppError::field(FieldError::new("filter", "malformed", format!("{error}"))))
    })?;
    services.delete_filter(&actor, filter).await.map_err(respond_error)?;
    go_to(&back);
    Ok(())
}

/// Chooses the list's columns for this browser.
#[server(prefix = "/api/ui", endpoint = "columns/choose")]
pub async fn choose_columns(
    #[server(default)] columns: Vec<String>,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    use super::request::{context, go_to, remember_columns, respond_error};
    use wayfare_domain::{
        error::FieldError,
        journeys::list::columns::{Column, ColumnChoice},
    };
    context()?;
    let mut chosen = Vec::with_capacity(columns.len());
    for key in &columns {
        let column: Column = key.parse().map_err(|()| {
            let allowed = Column::ALL.map(Column::key).join(", ");
            let sentence = format!("“{key}” is not a column of the list. Use any of: {allowed}.");
            respond_error(AppError::field(FieldError::new("columns", "unknown_value", sentence)))
        })?;
        chosen.push(column);
    }
    let chosen =
        ColumnChoice(Column::ALL.into_iter().filter(|column| chosen.contains(column)).collect());
    remember_columns(&chosen);
    go_to(&back);
    Ok(())
}
