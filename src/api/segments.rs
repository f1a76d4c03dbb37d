//! Segments: saved criteria.
#![expect(clippy::too_many_arguments, reason = "the columns of a form")]

use leptos::prelude::*;

use super::{
    AppError,
    request::{context, go_to, respond_error},
};
use wayfare_domain::{
    access::permissions::Permission,
    profiles::{read_model::SegmentSummary, segment_form::SegmentForm},
    query_string::pairs,
};

/// # Errors
/// If the actor may not see them.
pub async fn read_segments() -> Result<Vec<SegmentSummary>, AppError> {
    let (services, actor) = context()?;
    services.segments(&actor).await.map_err(respond_error)
}

/// What the builder shows.
pub struct SegmentPageData {
    pub form: SegmentForm,
    /// Profiles that match right now, or why they cannot be counted.
    pub people: Result<i64, String>,
    pub events: Vec<String>,
    /// The segment exists, and its criteria do not fit into the form.
    pub too_deep: bool,
}

/// The form in an address, or the segment that it names, with the number of profiles in it.
///
/// # Errors
/// If the actor may not create segments.
pub async fn build_segment(query: &str) -> Result<SegmentPageData, AppError> {
    let (services, actor) = context()?;
    let mut form = form_of(query);
    let mut too_deep = false;
    if form.rows.is_empty()
        && let Some(known) = services
            .uncounted_segments(&actor)
            .await
            .map_err(respond_error)?
            .into_iter()
            .find(|known| known.name == form.name)
    {
        match SegmentForm::of_criteria(&known.name, &known.criteria) {
            Some(known) => form = known,
            None => too_deep = true,
        }
    }
    let people = match form.criteria() {
        Ok(_) if !actor.may(Permission::SeePersonalData) => {
            Err(Permission::SeePersonalData.refusal())
        }
        Ok(criteria) => match services.count_matching(&actor, &criteria).await {
            Ok(people) => Ok(people),
            // It can be saved all the same.
            Err(error) if error.is_about_costly_work() => Err(AppError::from(error).sentence()),
            Err(error) => return Err(respond_error(error)),
        },
        Err(error) => Err(format!("{}: {}", error.path, error.sentence)),
    };
    Ok(SegmentPageData {
        form,
        people,
        events: services.known_events(&actor).await.map_err(respond_error)?,
        too_deep,
    })
}

/// The conditions in an address.
pub fn form_of(query: &str) -> SegmentForm {
    let all: Vec<(String, String)> = pairs(query).collect();
    let column = |name: &str| {
        all.iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>()
    };
    let one = |name: &str| column(name).pop().unwrap_or_default();
    let columns = ["kind", "negate", "property", "is", "value", "times", "days"].map(column);
    SegmentForm::of_columns(one("name"), one("join"), columns)
}

/// Saves a segment; one with that name is replaced.
#[server(prefix = "/api/ui", endpoint = "segments/save")]
pub async fn save_segment(
    name: String,
    #[server(default)] join: String,
    #[server(default)] kind: Vec<String>,
    #[server(default)] negate: Vec<String>,
    #[server(default)] property: Vec<String>,
    #[server(default)] is: Vec<String>,
    #[server(default)] value: Vec<String>,
    #[server(default)] times: Vec<String>,
    #[server(default)] days: Vec<String>,
) -> Result<(), AppError> {
    let (services, actor) = context()?;
    let form =
        SegmentForm::of_columns(name, join, [kind, negate, property, is, value, times, days]);
    let criteria = form.criteria().map_err(|error| respond_error(AppError::field(error)))?;
    services.save_segment(&actor, &form.name, &criteria).await.map_err(respond_error)?;
    go_to("/segments?notice=saved");
    Ok(())
}

#[server(prefix = "/api/ui", endpoint = "segments/delete")]
pub async fn delete_segment(name: String) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services.delete_segment(&actor, &name).await.map_err(respond_error)?;
    go_to("/segments?notice=segment-deleted");
    Ok(())
}
