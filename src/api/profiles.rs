//! Profiles, their events and their enrolments.

use leptos::prelude::*;

use super::{
    AppError,
    request::{context, go_to, respond_error},
    segments::form_of,
};
use wayfare_domain::{
    error::FieldError,
    ids::JourneyId,
    messages::read_model::MessageSummary,
    profiles::read_model::{
        EnrolmentDetail, EntryExplanation, ProfileDetail, ProfilePage, ProfileQuery, SegmentSummary,
    },
    query_string::pairs,
};

/// What the page of a profile shows.
pub struct ProfilePageData {
    pub person: ProfileDetail,
    pub messages: Vec<MessageSummary>,
    /// Journeys that can be asked about.
    pub journeys: Vec<(JourneyId, String)>,
    /// The answer, where one was asked about.
    pub why: Option<EntryExplanation>,
}

/// One page of profiles, and the segments to choose from.
///
/// # Errors
/// If the actor may not see them, or there is no such segment.
pub async fn read_profiles(
    query: &str,
) -> Result<(ProfilePage, Vec<SegmentSummary>, ProfileQuery), AppError> {
    let (services, actor) = context()?;
    let query = people_query(query).map_err(|error| respond_error(AppError::field(error)))?;
    let page = services.people_page(&actor, &query).await.map_err(respond_error)?;
    Ok((page, services.uncounted_segments(&actor).await.map_err(respond_error)?, query))
}

/// The query in an address: the beginning of an identity, a segment, conditions as the segment form
/// sends them.
fn people_query(query: &str) -> Result<ProfileQuery, FieldError> {
    let all: Vec<(String, String)> = pairs(query).collect();
    let one = |name: &str| {
        all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let form = form_of(query);
    let asks = !form.rows.is_empty();
    let kept = query.split('&').filter(|pair| {
        pair.starts_with("join=") || pair.contains("%5B%5D=") || pair.contains("[]=")
    });
    Ok(ProfileQuery {
        search: one("search"),
        among_addresses: false,
        segment: Some(one("segment")).filter(|segment| !segment.is_empty()),
        criteria: asks.then(|| form.criteria()).transpose()?,
        conditions: if asks { kept.collect::<Vec<_>>().join("&") } else { String::new() },
        after: one("after").parse().unwrap_or(0),
    })
}

/// A profile, the journeys to choose from, and for the chosen journey why the profile is not in it.
///
/// # Errors
/// If there is no profile with this number.
pub async fn read_person(number: &str, journey: &str) -> Result<ProfilePageData, AppError> {
    let (services, actor) = context()?;
    let not_found = || respond_error(AppError::NotFound("profile".to_string()));
    let number: i64 = number.parse().map_err(|_| not_found())?;
    let person = services.person(&actor, number).await.map_err(respond_error)?;
    let why = match journey.trim() {
        "" => None,
        id => {
            let journey = super::journeys::journey_id(id).map_err(respond_error)?;
            Some(services.why_not(&actor, number, journey).await.map_err(respond_error)?)
        }
    };
    let messages = services.messages_to(&actor, number).await.map_err(respond_error)?;
    Ok(ProfilePageData {
        person,
        messages,
        journeys: services.published_journeys(&actor).await.map_err(respond_error)?,
        why,
    })
}

/// One enrolment, step by step.
///
/// # Errors
/// If there is no such enrolment.
pub async fn read_enrolment(number: &str) -> Result<EnrolmentDetail, AppError> {
    let (services, actor) = context()?;
    let number: i64 =
        number.parse().map_err(|_| respond_error(AppError::NotFound("enrolment".to_string())))?;
    services.enrolment(&actor, number).await.map_err(respond_error)
}

/// Deletes a profile. Journey stats keep their totals.
#[server(prefix = "/api/ui", endpoint = "profiles/delete")]
pub async fn delete_person(person: i64) -> Result<(), AppError> {
    let (services, actor) = context()?;
    services.delete_person(&actor, person).await.map_err(respond_error)?;
    go_to("/profiles?notice=person-deleted");
    Ok(())
}
